import { randomUUID } from 'node:crypto'
import type { Bundle } from '@medplum/fhirtypes'
import { documentIdSystem } from '../../src/document/canonical.ts'
import type { PlainAnswers } from '../../src/forms/plain.ts'
import { toInstant } from '../../src/standards/fhir-time.ts'
import { assembleDocument } from '../parties/assemble.ts'
import { publishedForm } from '../parties/forms.ts'
import { type Known, signAs } from '../parties/story.ts'
import type { Scene } from './scene.ts'

/** 産業医の意見 as 産業医 write it in this town, in their own words and signed for the company they serve. */
export function ohpOpinion(
  { story }: Scene,
  known: Known
): { readonly bundle: Bundle; readonly answers: PlainAnswers } {
  const at = toInstant(Date.now())
  const answers = {
    'oh.worker.name': story.worker.name,
    'oh.workClass': 'restricted',
    'oh.measures': '時差出勤とし、残業・外勤・出張は行わない。3か月後に見直すことが望まれる。',
    'oh.considerations': '休憩場所を確保し、体調の変化をすぐ相談できる窓口を決めておくことが望まれる。',
    'oh.period.start': '2026-09-21',
    'oh.period.end': '2026-12-20',
    'oh.opinion': '職場の受け入れ準備を踏まえ、上記の範囲で就業できると考えます。',
    'oh.nextReview': '2026-12-14'
  }
  const bundle = assembleDocument({
    form: publishedForm('ohp-opinion', '2026'),
    kind: 'ohp-opinion',
    answers,
    author: { name: '更科 陽向', kana: 'サラシナ ヒナタ' },
    organization: story.employer,
    worker: story.worker,
    caseIdentifier: known.identifier,
    caseSubject: known.subject,
    identifier: { system: documentIdSystem, value: randomUUID() },
    at
  })
  return { bundle: signAs(story, 'hr', bundle, at), answers }
}
