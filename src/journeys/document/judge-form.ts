import { createHash } from 'node:crypto'
import type { CodeSystem, Questionnaire, QuestionnaireResponse, ValueSet } from '@medplum/fhirtypes'
import { advise } from '../../forms/advice.ts'
import { compileForm } from '../../forms/compile.ts'
import type { Engines } from '../../forms/engines.ts'
import type { Form } from '../../forms/form.ts'
import { checkChoice } from '../../forms/rules/choice.ts'
import { FormFault } from '../../forms/rules/form-fault.ts'
import { inspect } from '../../forms/rules/inspect.ts'
import { valueSetLookup } from '../../forms/value-sets.ts'
import type { Issue } from '../../outcome/issue.ts'
import { maxIssues } from '../../validate/findings.ts'
import type { JudgeRequest } from './ports.ts'

/** A partner tries few forms at a time; a large one takes some megabytes. */
const maxForms = 16

/** A form ready to judge, if it is one, and what is to be said of it in any case. */
interface Compiled {
  readonly form: Form | undefined
  readonly faults: readonly Issue[]
}

/**
 * Judges by any Questionnaire. The last 16 that were asked for stay compiled, by the hash of their text and of what they
 * lean on. Blocks for as long as the form wants: call it in a thread of its own, or for one's own files.
 */
export function formJudge(engines: Engines): (request: JudgeRequest) => readonly Issue[] {
  const compiled = new Map<string, Compiled>()
  return request => {
    const key = hashOf(request)
    const found = compiled.get(key) ?? compile(request, engines)
    // the order of a Map is that of insertion: what was used last is the newest
    compiled.delete(key)
    compiled.set(key, found)
    if (compiled.size > maxForms) compiled.delete(compiled.keys().next().value!)
    return bounded(judge(request, found))
  }
}

/** The gravest first, and no more than of a document: a verdict is to be smaller than what was asked. */
function bounded(issues: readonly Issue[]): readonly Issue[] {
  const errors = issues.filter(({ severity }) => severity === 'error')
  const others = issues.filter(({ severity }) => severity !== 'error')
  return [...errors, ...others].slice(0, maxIssues).map(({ severity, code, rule, expression, text, fix }) => {
    return { severity, code, rule, expression, text, ...(fix && { fix }) }
  })
}

function judge({ response }: JudgeRequest, { form, faults }: Compiled): readonly Issue[] {
  if (!response) return faults
  if (!form) return faults.filter(({ severity }) => severity === 'error')
  const value = response.value as QuestionnaireResponse
  const root = 'QuestionnaireResponse'
  const { numbers, redacted } = response
  return [
    // a form that is handed in needs no name, and may still be a draft
    ...checkChoice({ questionnaire: form.canonical || 'handed in', ...value }, form, { root, testMode: true }),
    ...form.check(value, { root, numberText: pointer => numbers.get(pointer), redacted }),
    ...(response.advise ? advise(form, value, { root }) : [])
  ]
}

function compile({ questionnaire, supporting }: JudgeRequest, engines: Engines): Compiled {
  const value = JSON.parse(questionnaire) as Questionnaire
  const terms = supporting.map(text => JSON.parse(text) as ValueSet | CodeSystem)
  const valueSets = terms.filter(each => each.resourceType === 'ValueSet')
  const codeSystems = terms.filter(each => each.resourceType === 'CodeSystem')
  const faults = inspect(value, { engines })
  try {
    return { form: compileForm(value, { engines, valueSet: valueSetLookup(valueSets, codeSystems) }), faults }
  } catch (error) {
    if (error instanceof FormFault) return { form: undefined, faults: allOf(faults, error.issues) }
    throw error
  }
}

/** What inspection alone says, such as warnings, and what only compiling finds. */
function allOf(inspected: readonly Issue[], found: readonly Issue[]): readonly Issue[] {
  const known = new Set(inspected.map(({ rule, expression }) => `${rule} ${expression}`))
  return [...inspected, ...found.filter(({ rule, expression }) => !known.has(`${rule} ${expression}`))]
}

/** Lengths go before texts, so that no two lists of texts read the same. */
function hashOf({ questionnaire, supporting }: JudgeRequest): string {
  const hash = createHash('sha256')
  for (const text of [questionnaire, ...supporting]) hash.update(`${text.length}:`).update(text)
  return hash.digest('base64url')
}
