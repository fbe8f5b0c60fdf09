import { type KeyObject, randomUUID } from 'node:crypto'
import { case2 } from '../../fixtures/cases/2-breast-cancer-line.ts'
import { documentIdSystem } from '../../src/document/canonical.ts'
import type { PlainAnswers } from '../../src/forms/plain.ts'
import { signDocument } from '../../src/signature/sign.ts'
import { signatureTypes } from '../../src/signature/signed-form.ts'
import { toInstant } from '../../src/standards/fhir-time.ts'
import { assembleDocument } from '../parties/assemble.ts'
import { publishedForm } from '../parties/forms.ts'

export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
}

/** A case that the employer has opened, as a document names it. */
export interface OpenCase {
  readonly case: string
  readonly subject: string
}

const written = case2.documents.find(({ kind }) => kind === 'work-information')!

/**
 * Work-information documents as the employer's system sends them: about 9 KB, 27 questions answered, each with an
 * identifier and a text of its own, signed ES256 with the house's key, for these cases in turn. Made ahead of time, so that
 * nothing is signed while the clock runs.
 */
export function documents(
  count: number,
  cases: readonly OpenCase[],
  key: SigningKey,
  answers: PlainAnswers = written.answers
): readonly Buffer[] {
  const at = toInstant(Date.now())
  return Array.from({ length: count }, (_, index) => signedDocument(cases[index % cases.length]!, key, at, answers))
}

/** The same with more of the form filled in: a response of 6 KB. */
export const longAnswers: PlainAnswers = {
  ...written.answers,
  'wi.duties.activity': [
    'heavy-work',
    'light-work',
    'prolonged-standing',
    'hot-place',
    'machine-operation',
    'remote-trip-domestic'
  ],
  'wi.posting': 'なし',
  'wi.commute.method': ['walk', 'public-standing', 'car'],
  'wi.schemes': ['hourly-annual-leave', 'sick-leave', 'staggered-hours', 'short-hours', 'telework', 'trial-attendance'],
  'wi.remarks': `${written.answers['wi.remarks']}復職の当初は、組立の補助と検品から始めることを考えています。`
}

function signedDocument(
  { case: caseIdentifier, subject: caseSubject }: OpenCase,
  key: SigningKey,
  at: string,
  answers: PlainAnswers
): Buffer {
  const { employer, worker } = case2
  const number = randomUUID()
  const bundle = assembleDocument({
    form: publishedForm(written.kind, written.version),
    kind: written.kind,
    answers: { ...answers, 'wi.remarks': `${answers['wi.remarks']}(整理番号 ${number})` },
    author: employer.hr,
    organization: employer,
    worker,
    caseIdentifier,
    caseSubject,
    identifier: { system: documentIdSystem, value: `${employer.identifier.value}-${number}` },
    at
  })
  const signed = signDocument(bundle, {
    alg: 'ES256',
    kid: key.kid,
    key: key.privateKey,
    when: at,
    who: employer.identifier,
    typeCode: signatureTypes.author
  })
  return Buffer.from(JSON.stringify(signed))
}
