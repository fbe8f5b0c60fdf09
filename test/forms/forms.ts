import { readdirSync, readFileSync } from 'node:fs'
import type { Questionnaire, QuestionnaireItem, QuestionnaireResponse } from '@medplum/fhirtypes'
import { compileForm } from '../../src/forms/compile.ts'
import type { CheckOptions, Form } from '../../src/forms/form.ts'

const folder = new URL('../../profiles/questionnaires/', import.meta.url)

/** Every form of the project. */
export const questionnaires: readonly Questionnaire[] = readdirSync(folder)
  .filter(name => name.endsWith('.json'))
  .map(name => JSON.parse(readFileSync(new URL(name, folder), 'utf8')))

/** A form of the project, e.g. `opinion-return-2026`. */
export const formOf = (id: string): Form => compileForm(questionnaires.find(each => each.id === id)!)

/** A small form with these items. */
export const formWith = (...item: QuestionnaireItem[]): Form =>
  compileForm({ resourceType: 'Questionnaire', status: 'active', url: 'http://example.org/q', version: '1', item })

export type Items = NonNullable<QuestionnaireResponse['item']>

export function responseWith(
  form: Form,
  item: Items,
  status: QuestionnaireResponse['status'] = 'completed'
): QuestionnaireResponse {
  return { resourceType: 'QuestionnaireResponse', questionnaire: form.canonical, status, item }
}

/** Every issue as `rule place`, the place without the root. */
export function found(
  form: Form,
  item: Items,
  { status, ...options }: Partial<CheckOptions> & { readonly status?: QuestionnaireResponse['status'] } = {}
): readonly string[] {
  const issues = form.check(responseWith(form, item, status), { root: 'R', ...options })
  return issues.map(({ severity, rule, expression }) => `${severity[0]} ${rule} ${expression}`)
}

/** An extension with one value. */
export const ext = (name: string, value: Readonly<Record<string, unknown>>) => ({
  url: name.includes(':') ? name : `http://hl7.org/fhir/StructureDefinition/${name}`,
  ...value
})

export const required = (linkId: string, type: QuestionnaireItem['type'] = 'string'): QuestionnaireItem => ({
  linkId,
  type,
  required: true
})

/** One item with answers of one type: `answered('a', 'String', 'x', 'y')`. */
export const answered = (linkId: string, type: string, ...values: readonly unknown[]) => ({
  linkId,
  answer: values.map(value => ({ [`value${type}`]: value }))
})
