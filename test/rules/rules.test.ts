import { readFileSync } from 'node:fs'
import type { CodeSystem, OperationOutcome } from '@medplum/fhirtypes'
import t from 'tap'
import { case1 } from '../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { codeSystem } from '../../src/document/canonical.ts'
import { extractFindings } from '../../src/forms/extract-issues.ts'
import { csvFindings } from '../../src/journeys/imports/csv-findings.ts'
import { closeAll } from '../journeys/joined-case.ts'
import { startGateway } from '../parties/gateway.ts'
import { registerTown } from '../parties/register.ts'
import { expectStatus } from '../parties/story.ts'
import { invariantExamples } from '../validate/invariant-examples.ts'
import { patient, wrongPatients } from '../validate/structure-examples.ts'
import { adviceExamples } from './advice-examples.ts'
import { documentExamples } from './document-examples.ts'
import { formExamples, questionnaireExamples } from './form-examples.ts'
import { operationExamples } from './operation-examples.ts'

interface Example {
  readonly type: string
  readonly body: object
  readonly expression?: string
}

/** A type that came after R4 has no operation of its own, and stands in a Bundle. */
const later = new Set(['SubscriptionStatus'])

function typed(body: object): Example {
  const type = (body as { readonly resourceType: string }).resourceType
  if (!later.has(type)) return { type, body }
  return { type: 'Bundle', body: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: body }] } }
}
const parametersOf = (type: string, parameter: readonly object[]): Example => ({
  type,
  body: { resourceType: 'Parameters', parameter }
})

/** One resource for each rule key, as a partner would send it to `$validate`. */
const examples: ReadonlyMap<string, Example> = new Map([
  ...Object.entries(invariantExamples).map(
    ([key, [broken]]) => [`r4-${key.replace(/^.*:/u, '')}`, typed(broken)] as const
  ),
  ...wrongPatients.map(([, members, first]) => {
    const [rule, expression] = first!.split(' ')
    return [rule!, { ...typed(patient(members)), expression: expression! }] as const
  }),
  ...Object.entries(operationExamples),
  ...[...documentExamples].map(([rule, bundle]) => [rule, typed(bundle)] as const),
  ...Object.entries(questionnaireExamples).map(([rule, questionnaire]) => [rule, typed(questionnaire)] as const),
  ...Object.entries(formExamples).map(([rule, { questionnaire, response, expression }]) => {
    const parameter = [
      { name: 'resource', resource: response },
      ...(questionnaire ? [{ name: 'questionnaire', resource: questionnaire }] : [])
    ]
    return [rule, { ...parametersOf('QuestionnaireResponse', parameter), expression }] as const
  }),
  ...Object.entries(adviceExamples).map(([rule, response]) => {
    const parameter = [
      { name: 'resource', resource: response },
      { name: 'mode', valueCode: 'advise' }
    ]
    return [rule, parametersOf('QuestionnaireResponse', parameter)] as const
  })
])

const published = JSON.parse(
  readFileSync(new URL('../../profiles/code-systems/form-rule.json', import.meta.url), 'utf8')
) as CodeSystem
const all = (published.concept ?? []).map(({ code }) => code!)
/** The others are what `$extract` and imports say of their own, and stand in the tests of those. */
const keys = all.filter(key => !/^(?:csv|extract)-/u.test(key))

const running = await startGateway()
const town = await registerTown(running, case1)
t.teardown(async () => {
  await closeAll(Object.values(town))
  await running.stop()
})

t.test('the published list of rules and the examples are the same', async t => {
  t.ok(keys.length > 100, `${keys.length} keys`)
  t.strictSame(
    keys.filter(key => !examples.has(key)),
    [],
    'published without an example'
  )
  t.strictSame(
    [...examples.keys()].filter(key => !keys.includes(key)),
    [],
    'with an example and not published'
  )
  t.strictSame(
    all.filter(key => !keys.includes(key)),
    [...Object.keys(extractFindings).sort(), ...Object.keys(csvFindings).sort()]
  )
})

for (const key of keys) {
  t.test(`$validate says ${key}, where and in both languages`, async t => {
    const { type, body, expression } = examples.get(key)!
    const answer = await town.hospital.post<OperationOutcome>(`/fhir/${type}/$validate`, body)
    const { issue: issues } = expectStatus(answer, 200).body
    const said = issues.filter(({ details }) => details?.coding?.some(({ code }) => code === key))
    const found = issues.map(({ details, expression: where }) => `${details?.coding?.[0]?.code} ${where}`).join('\n')
    t.ok(said.length > 0, found)
    const place = said.find(each => expression === undefined || each.expression?.[0] === expression)
    t.ok(place, `${expression}\n${found}`)
    t.strictSame(place?.details?.coding, [{ system: codeSystem('form-rule'), code: key }], 'a rule, and no refusal')
    t.match(place?.details?.text, /[ぁ-ん]/u)
    const { _text } = (place?.details ?? {}) as { readonly _text?: { readonly extension: readonly object[] } }
    t.match(JSON.stringify(_text), /"valueCode":"en".*"valueString":"[^"]/u)
    t.ok(place?.diagnostics, 'with a likely fix')
    t.ok(place?.expression?.[0]?.startsWith(type))
  })
}
