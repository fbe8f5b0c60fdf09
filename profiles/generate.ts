/**
 * Writes the committed JSON of `questionnaires/`, `code-systems/` and `value-sets/`, and the page of rules, from the tables in `forms/` and `terms/`.
 * `node profiles/generate.ts` writes, `node profiles/generate.ts --check` exits 1 if what is committed differs.
 */
import { forms } from './forms/forms.ts'
import { views } from './forms/views.ts'
import { codeSystem, valueSet } from './make/code-system.ts'
import { type Json, print } from './make/fhir.ts'
import { sync } from './make/files.ts'
import { formatTerms, itemTerms } from './make/form-terms.ts'
import { printed, questionnaire, questionnaireId } from './make/questionnaire.ts'
import { rulesPage } from './make/rules-page.ts'
import { viewForm } from './make/view-form.ts'
import { answerLists } from './terms/answer-lists.ts'
import { formRules, ruleTexts } from './terms/form-rules.ts'
import { refusals } from './terms/refusals.ts'
import { registers } from './terms/registers.ts'
import type { TermList } from './terms/term.ts'

const printedForms = forms.flatMap(form => {
  const viewsOfForm = views.filter(({ kind }) => kind === form.kind)
  return form.versions.flatMap(version => [
    printed(form, version),
    ...viewsOfForm.map(view => viewForm(form, view, version))
  ])
})

const lists: Readonly<Record<string, TermList>> = {
  ...answerLists,
  ...registers,
  'document-format': formatTerms(printedForms),
  item: itemTerms(forms),
  refusal: refusals,
  'form-rule': formRules
}

const resources: readonly (readonly [file: string, resource: Json])[] = [
  ...printedForms.map(form => [`questionnaires/${questionnaireId(form)}.json`, questionnaire(form)] as const),
  ...Object.entries(lists).flatMap(([name, list]) => {
    return [
      [`code-systems/${name}.json`, codeSystem(name, list)],
      [`value-sets/${name}.json`, valueSet(name, list)]
    ] as const
  })
]

const files = new Map([
  ...resources.map(([file, resource]) => [file, print(resource)] as const),
  ['rules.md', rulesPage(ruleTexts)] as const
])
sync(files, process.argv.includes('--check'), ['questionnaires', 'code-systems', 'value-sets'])
