import type { QuestionnaireResponse } from '@medplum/fhirtypes'
import type { Issue } from '../outcome/issue.ts'

/** One compiled form, as far as validation needs it. */
export interface FormCheck {
  /**
   * Everything in which the response does not fit its form, warnings included. The response is valid R4.
   * @param options `root`: FHIRPath of the response, put before every expression, e.g. `Bundle.entry[1].resource`
   */
  check(response: QuestionnaireResponse, options: { readonly root: string }): readonly Issue[]
}

/** Compiled forms by canonical with version: `{c}/Questionnaire/opinion-return|2026`. Each version of each kind is there. */
export type FormChecks = ReadonlyMap<string, FormCheck>
