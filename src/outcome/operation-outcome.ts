import type { CodeableConcept, Coding, OperationOutcome, OperationOutcomeIssue } from '@medplum/fhirtypes'
import { codeSystem } from '../document/canonical.ts'
import type { RequestId } from '../document/ids.ts'
import type { Bilingual, Issue } from './issue.ts'
import type { Language } from './language.ts'
import type { Refusal } from './refusal.ts'

const translation = 'http://hl7.org/fhir/StructureDefinition/translation'
const refusalSystem = codeSystem('refusal')
const ruleSystem = codeSystem('form-rule')

/**
 * How a refusal reads on FHIR routes: each finding of its own, or the refusal itself where it has none. Errors carry the
 * key of the refusal; a defect of ours says nothing but the request id.
 * @see contract §4
 */
export function operationOutcome(refusal: Refusal, language: Language, request: RequestId): OperationOutcome {
  const { entry, key, at, issues } = refusal
  const coding = { system: refusalSystem, code: key }
  if (key === 'defect') return outcome([{ ...whole(refusal, coding), diagnostics: request }])
  if (issues.length > 0) return outcome(issues.map(issue => read(issue, language, coding)))
  return outcome([
    { ...whole(refusal, coding), ...(at.length > 0 && { expression: [...at] }), diagnostics: entry.fix[language] }
  ])
}

function whole({ entry }: Refusal, coding: Coding): OperationOutcomeIssue {
  return { severity: 'error', code: entry.issue as OperationOutcomeIssue['code'], details: inBoth(entry, [coding]) }
}

/** How findings read where nothing is refused (`$validate`): rule keys only. No finding is one information "all ok". */
export function outcomeOfIssues(issues: readonly Issue[], language: Language): OperationOutcome {
  if (issues.length > 0) return outcome(issues.map(issue => read(issue, language)))
  const details = inBoth({ ja: '問題はありません。', en: 'Nothing is wrong.' })
  return outcome([{ severity: 'information', code: 'informational', details }])
}

function outcome(issue: OperationOutcomeIssue[]): OperationOutcome {
  return { resourceType: 'OperationOutcome', issue }
}

function read(issue: Issue, language: Language, refusal?: Coding): OperationOutcomeIssue {
  const { severity, code, rule, expression, text, fix } = issue
  const coding: Coding[] = [{ system: ruleSystem, code: rule }]
  if (refusal && severity === 'error') coding.push(refusal)
  return {
    severity,
    code: code as OperationOutcomeIssue['code'],
    ...(expression && { expression: [expression] }),
    details: inBoth(text, coding),
    ...(fix && { diagnostics: fix[language] })
  }
}

/** Japanese as the text itself, English as its translation (HL7 extension `translation`). */
function inBoth({ ja, en }: Bilingual, coding?: Coding[]): CodeableConcept {
  const parts = [
    { url: 'lang', valueCode: 'en' },
    { url: 'content', valueString: en }
  ]
  // fhirtypes leave out the siblings of primitives
  const text = { text: ja, _text: { extension: [{ url: translation, extension: parts }] } }
  return coding ? { coding, ...text } : text
}
