import { readFileSync } from 'node:fs'
import type { Extension, Questionnaire, QuestionnaireResponse, Resource } from '@medplum/fhirtypes'
import t from 'tap'
import { compileExtraction, type Extracted } from '../../src/forms/extract.ts'
import { loadEngines } from '../../src/forms/load-engines.ts'

const engines = await loadEngines()
const sdc = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire'

/** The same UUIDs each time. */
function options() {
  let count = 0
  const allocateId = () => `00000000-0000-4000-8000-${String(count++).padStart(12, '0')}`
  return { allocateId, now: '2026-11-24T09:00:00+09:00', by: { display: 'A gateway' } }
}

const urn = (nth: number) => `urn:uuid:00000000-0000-4000-8000-${String(nth).padStart(12, '0')}`

const example = (name: string): Questionnaire =>
  JSON.parse(readFileSync(new URL(`../../fixtures/sdc/${name}.json`, import.meta.url), 'utf8'))

const resourcesOf = ({ bundle }: Extracted): readonly Resource[] =>
  (bundle?.entry ?? []).flatMap(({ resource }) => resource ?? [])

const exampleAnswers: QuestionnaireResponse = {
  resourceType: 'QuestionnaireResponse',
  id: 'r1',
  status: 'completed',
  authored: '2026-11-24T08:00:00Z',
  item: [
    {
      linkId: 'patient',
      item: [
        {
          linkId: 'name',
          item: [
            { linkId: 'given', answer: [{ valueString: 'A' }, { valueString: 'B' }] },
            { linkId: 'family', answer: [{ valueString: 'F' }] }
          ]
        },
        { linkId: 'ihi', answer: [{ valueString: '123' }] }
      ]
    },
    {
      linkId: 'contacts',
      item: [
        { linkId: 'contact-name', answer: [{ valueString: 'C1' }] },
        { linkId: 'relationship', answer: [{ valueCoding: { system: 's', code: 'c' } }] }
      ]
    },
    {
      linkId: 'contacts',
      item: [
        { linkId: 'contact-name', answer: [{ valueString: 'C2' }] },
        { linkId: 'phone', answer: [{ valueString: '1' }] }
      ]
    },
    { linkId: 'obs', item: [{ linkId: 'height', answer: [{ valueDecimal: 1.5 }] }] }
  ]
}

t.test('the example of SDC with a template for each item is extracted', async t => {
  const extracted = compileExtraction(example('extract-complex-template'), engines).extract(exampleAnswers, options())
  const [patient, first, second, height, provenance, ...rest] = resourcesOf(extracted)
  t.same(rest, [])
  t.same(patient, {
    resourceType: 'Patient',
    identifier: [{ type: { text: 'National Identifier (IHI)' }, system: 'http://example.org/nhio', value: '123' }],
    name: [{ text: 'A B F', family: 'F', given: ['A', 'B'] }]
  })
  t.same(first, {
    resourceType: 'RelatedPerson',
    patient: { reference: urn(0) },
    relationship: [{ coding: [{ system: 's', code: 'c' }] }],
    name: [{ text: 'C1' }]
  })
  t.same(second, {
    resourceType: 'RelatedPerson',
    patient: { reference: urn(0) },
    name: [{ text: 'C2' }],
    telecom: [{ system: 'phone', value: '1', use: 'mobile' }]
  })
  t.match(height, { effectiveDateTime: '2026-11-24T08:00:00Z', valueQuantity: { value: 150, code: 'cm' } })
  t.equal(extracted.bundle?.entry?.[0]?.fullUrl, urn(0), 'the allocated id names the patient')
  t.match(provenance, {
    target: [urn(0), urn(1), urn(2), urn(3)].map(reference => ({ reference })),
    entity: [{ role: 'source', what: { reference: 'QuestionnaireResponse/r1' } }]
  })
  // the example puts an id where a Reference belongs
  t.same(
    extracted.issues.map(({ rule, expression }) => `${rule} ${expression}`),
    ['extract-type Observation.subject']
  )
})

t.test(
  'the example of SDC with one template Bundle is extracted; repeated entries have names of their own',
  async t => {
    const { bundle, issues } = compileExtraction(example('extract-complex-template2'), engines).extract(
      exampleAnswers,
      options()
    )
    t.same(issues, [])
    t.same(
      bundle?.entry?.map(({ resource }) => resource?.resourceType),
      ['Patient', 'RelatedPerson', 'RelatedPerson', 'Observation', 'Provenance']
    )
    t.equal(new Set(bundle?.entry?.map(({ fullUrl }) => fullUrl)).size, 5)
    t.match(bundle?.entry?.[0]?.request, { method: 'POST', url: 'Patient' })
  }
)

const value = (expression: string): Extension[] => [{ url: `${sdc}-templateExtractValue`, valueString: expression }]
const context = (expression: string): Extension[] => [{ url: `${sdc}-templateExtractContext`, valueString: expression }]

/** A form of two questions with one template, which is extracted from the whole response. */
function formWith(template: object, parts: readonly Extension[] = []): Questionnaire {
  return {
    resourceType: 'Questionnaire',
    url: 'http://example.org/q',
    status: 'active',
    contained: [{ resourceType: 'Basic', id: 'template', code: { text: 'x' }, ...template } as Resource],
    extension: [
      {
        url: `${sdc}-templateExtract`,
        extension: [{ url: 'template', valueReference: { reference: '#template' } }, ...parts]
      }
    ],
    item: [
      { linkId: 'a', type: 'string', repeats: true },
      { linkId: 'n', type: 'integer' }
    ]
  }
}

const answers = (...texts: readonly string[]): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  questionnaire: 'http://example.org/q',
  ...(texts.length > 0 && { item: [{ linkId: 'a', answer: texts.map(valueString => ({ valueString })) }] })
})

const extract = (form: Questionnaire, response: QuestionnaireResponse) =>
  compileExtraction(form, engines).extract(response, options())

t.test('what has no answer leaves nothing behind, at any depth', async t => {
  const form = formWith({
    author: { _display: { extension: value("item.where(linkId = 'a').answer.value") } },
    identifier: [{ extension: context("item.where(linkId = 'a').answer.value"), _value: { extension: value('$this') } }]
  })
  t.same(resourcesOf(extract(form, answers()))[0], { resourceType: 'Basic', code: { text: 'x' } })
  t.same(resourcesOf(extract(form, answers('one')))[0], {
    resourceType: 'Basic',
    code: { text: 'x' },
    author: { display: 'one' },
    identifier: [{ value: 'one' }]
  })
})

t.test('a context repeats its element; an element that cannot repeat takes the first and says so', async t => {
  const form = formWith({
    identifier: [
      { extension: context("item.where(linkId = 'a').answer.value"), _value: { extension: value('$this') } }
    ],
    author: { _display: { extension: value("item.where(linkId = 'a').answer.value") } }
  })
  const extracted = extract(form, answers('one', 'two'))
  t.match(resourcesOf(extracted)[0], { identifier: [{ value: 'one' }, { value: 'two' }], author: { display: 'one' } })
  t.same(
    extracted.issues.map(({ rule, expression, severity }) => [rule, expression, severity]),
    [['extract-many', 'Basic.author.display', 'warning']]
  )
})

t.test('a context of the whole template makes a resource for each result, and none without', async t => {
  const form = formWith({
    extension: context("item.where(linkId = 'a').answer.value"),
    author: { _display: { extension: value('$this') } }
  })
  t.same(
    resourcesOf(extract(form, answers('one', 'two'))).map(({ resourceType }) => resourceType),
    ['Basic', 'Basic', 'Provenance']
  )
  const { bundle, issues } = extract(form, answers())
  t.equal(bundle, undefined, 'nothing to tell, so no Provenance either')
  t.same(issues, [])
})

t.test('what stands beside an expression stays: static text where there is none, other extensions', async t => {
  const other = { url: 'http://example.org/other', valueString: 'kept' }
  const form = formWith({
    author: { display: 'replaced', _display: { extension: [...value("'%'"), other] } },
    subject: { display: 'static', _display: { extension: [other] } }
  })
  t.match(resourcesOf(extract(form, answers()))[0], {
    author: { display: '%', _display: { extension: [other] } },
    subject: { display: 'static', _display: { extension: [other] } }
  })
})

t.test('an expression that fails on a response costs its element alone', async t => {
  const form = formWith({ author: { _display: { extension: value('%nobody') } } })
  const extracted = extract(form, answers())
  t.same(resourcesOf(extracted)[0], { resourceType: 'Basic', code: { text: 'x' } })
  t.same(
    extracted.issues.map(({ rule, expression }) => `${rule} ${expression}`),
    ['extract-failed Basic.author.display']
  )
})

t.test('an id that the form names makes the entry an update, conditions go into its request', async t => {
  const parts = [
    { url: 'resourceId', valueString: "'b-1'" },
    { url: 'ifMatch', valueString: `'W/"1"'` }
  ]
  const [entry] = extract(formWith({}, parts), answers()).bundle!.entry!
  t.equal(entry!.resource!.id, 'b-1')
  t.same(entry!.request, { method: 'PUT', url: 'Basic/b-1', ifMatch: 'W/"1"' })
})

t.test('a form whose rules are broken does not compile, by name', async t => {
  const missing: Questionnaire = { ...formWith({}), contained: [] }
  t.throws(() => compileExtraction(missing, engines), { name: 'TypeError', message: /no template #template/ })
  const broken = formWith({ author: { _display: { extension: value('item.where(') } } })
  t.throws(() => compileExtraction(broken, engines), { name: 'TypeError', message: /no FHIRPath/ })
})

t.test('the same ids make the same Bundle', async t => {
  const extraction = compileExtraction(example('extract-complex-template'), engines)
  t.strictSame(extraction.extract(exampleAnswers, options()), extraction.extract(exampleAnswers, options()))
})
