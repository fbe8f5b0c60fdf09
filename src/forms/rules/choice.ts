import type { QuestionnaireResponse } from '@medplum/fhirtypes'
import type { Form, FormIssue } from '../form.ts'
import { compareDates, isDateTime } from './lexical.ts'
import { add, newReport } from './report.ts'

export interface ChoiceOptions {
  /** FHIRPath of the response, before every expression */
  readonly root: string
  /** a draft form is only noted; else it is an error */
  readonly testMode?: boolean
}

/**
 * Which form a response is judged by (rules 1 to 4): named, known, in force when the response was authored, and published.
 * @param form the form of `response.questionnaire`; undefined where it is not known
 */
export function checkChoice(
  response: Pick<QuestionnaireResponse, 'questionnaire' | 'authored'>,
  form: Pick<Form, 'status' | 'effectivePeriod'> | undefined,
  { root, testMode = false }: ChoiceOptions
): readonly FormIssue[] {
  const report = newReport()
  const place = `${root}.questionnaire`
  const { questionnaire, authored } = response
  if (typeof questionnaire !== 'string' || questionnaire === '') add(report, 'form-not-named', root, undefined)
  else if (!form) add(report, 'form-unknown', place, undefined)
  if (!form) return report.issues
  const { start, end } = form.effectivePeriod ?? {}
  if (typeof authored === 'string' && isDateTime(authored)) {
    // a partial date that lies inside its bound has no order and is no doubt
    const limit = (bound: string) => ({ limit: bound })
    if (start !== undefined && (compareDates(authored, start) ?? 0) < 0) {
      add(report, 'form-not-yet', `${root}.authored`, undefined, limit(start))
    }
    if (end !== undefined && (compareDates(authored, end) ?? 0) > 0) {
      add(report, 'form-no-longer', `${root}.authored`, undefined, limit(end))
    }
  }
  if (form.status === 'draft') add(report, testMode ? 'form-draft-in-test' : 'form-draft', place, undefined)
  if (form.status === 'retired') add(report, 'form-retired', place, undefined)
  return report.issues
}
