/**
 * Writes the committed JSON of `questionnaires/`, `code-systems/` and `value-sets/` from the tables in `forms/` and `terms/`.
 * `node profiles/generate.ts` writes, `node profiles/generate.ts --check` exits 1 if what is committed differs.
 */
import { forms } from './forms/forms.ts'
import { print } from './make/fhir.ts'
import { sync } from './make/files.ts'
import { printed, questionnaire, questionnaireId } from './make/questionnaire.ts'

const printedForms = forms.flatMap(form => form.versions.map(version => printed(form, version)))

const files = new Map([
  ...printedForms.map(form => {
    return [`questionnaires/${questionnaireId(form)}.json`, print(questionnaire(form))] as const
  })
])

sync(files, process.argv.includes('--check'), ['questionnaires'])
