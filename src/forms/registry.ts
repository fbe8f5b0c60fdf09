import type { Questionnaire } from '@medplum/fhirtypes'
import { canonicalBase } from '../document/canonical.ts'
import type { KindCode, ViewName } from '../document/kind.ts'
import { type CompileOptions, compileForm } from './compile.ts'
import type { Form } from './form.ts'

/** Every form that this gateway knows, ready. Nothing is compiled after it was made. */
export interface FormRegistry {
  readonly all: readonly Form[]
  /** by `url|version`; undefined for a form or version that is not known */
  readonly form: (canonical: string) => Form | undefined
  /** the form of a kind, or the most of it that a role may see */
  readonly byKind: (kind: KindCode, version: string, view?: ViewName) => Form | undefined
}

/** The canonical of a kind's form or view form, e.g. `…/Questionnaire/opinion-return-processed|2026`. */
export function formCanonical(kind: KindCode, version: string, view: ViewName = 'full'): string {
  return `${canonicalBase}/Questionnaire/${kind}${view === 'full' ? '' : `-${view}`}|${version}`
}

/**
 * Compiles all forms at start-up; each of their items must have a disclosure class.
 * @throws TypeError naming the form that does not compile, or two of the same canonical
 */
export function compileForms(
  questionnaires: readonly Questionnaire[],
  options: Pick<CompileOptions, 'valueSet' | 'engines'> = {}
): FormRegistry {
  const all = questionnaires.map(each => compileForm(each, { ...options, classes: 'required' }))
  const byCanonical = new Map<string, Form>()
  for (const form of all) {
    if (byCanonical.has(form.canonical)) throw new TypeError(`two forms are called ${form.canonical}`)
    byCanonical.set(form.canonical, form)
  }
  return {
    all,
    form: canonical => byCanonical.get(canonical),
    byKind: (kind, version, view) => byCanonical.get(formCanonical(kind, version, view))
  }
}
