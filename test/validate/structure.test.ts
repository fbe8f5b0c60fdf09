import t from 'tap'
import { compileStructure } from '../../src/validate/structure.ts'
import { changed, definitions, examples, type Loose, opinion, requiredCodes, structure } from './example.ts'
import { div, masked, patient, wrongPatients } from './structure-examples.ts'

const found = (resource: unknown, root = 'Patient') =>
  structure.check(resource, root).map(({ rule, expression }) => `${rule} ${expression}`)

t.test('finds nothing wrong in the fixtures', async t => {
  for (const { name, bundle } of examples) t.strictSame(found(bundle, 'Bundle'), [], name)
})

const right: Readonly<Record<string, object>> = {
  'no members at all': {},
  'Japanese text with its own space': { name: [{ text: '山田　太郎' }] },
  'text with line ends and tabs': { name: [{ text: 'a\n\tb\r' }] },
  'a value with an id and extensions': { birthDate: '1970-01-01', _birthDate: { id: 'a', ...masked } },
  'a value with an id alone': { birthDate: '1970-01-01', _birthDate: { id: 'a' } },
  'extensions instead of a value': { _birthDate: masked },
  'a list in which values and extensions fill each other up': {
    name: [{ given: [null, 'b', 'c'], _given: [masked, null] }]
  },
  'extensions instead of a whole list': { name: [{ _given: [masked] }] },
  'one of a choice, as value or extensions': { _multipleBirthBoolean: masked },
  'an extension with extensions': {
    extension: [{ url: 'http://example.org/x', extension: [{ url: 'a', valueTime: '10:00:00' }] }]
  },
  'an extension with a complex value': { extension: [{ url: 'http://example.org/x', valuePeriod: { start: '2026' } }] },
  'a contained resource that is referred to': {
    contained: [{ resourceType: 'Organization', id: 'a', name: 'A' }],
    managingOrganization: { reference: '#a' }
  },
  'a narrative': { text: { status: 'generated', div: div('<p>文</p>') } },
  'each precision of a date': { birthDate: '1970-02', deceasedDateTime: '2026-02-28T10:00:00.123+09:00' }
}
for (const [name, members] of Object.entries(right)) {
  t.test(`takes ${name}`, async t => {
    t.strictSame(found(patient(members)), [])
  })
}

for (const [name, members, ...expected] of wrongPatients) {
  t.test(`finds ${name}`, async t => {
    t.strictSame(found(patient(members)), expected)
  })
}

t.test('names elements by FHIRPath from the root, through lists, references to content and resources', async t => {
  const broken = changed(opinion, bundle => {
    bundle.entry[1].resource.item[0].item = [
      { linkId: 'a', answer: [{ valueCoding: { kode: 'x' } }, { valueString: 1 }] }
    ]
    delete bundle.entry[1].resource.item[0].answer
    delete bundle.entry[0].resource.status
    bundle.entry[3].link = [{ relation: 'self' }]
  })
  t.strictSame(found(broken, 'Bundle'), [
    'r4-min Bundle.entry[0].resource.status',
    'r4-unknown-element Bundle.entry[1].resource.item[0].item[0].answer[0].value.kode',
    'r4-type Bundle.entry[1].resource.item[0].item[0].answer[1].value',
    'r4-min Bundle.entry[3].link[0].url'
  ])
})

t.test('an element named like a choice keeps its name', async t => {
  const valueSet = { resourceType: 'ValueSet', status: 'active', compose: { include: [{ valueSet: [1] }] } }
  t.strictSame(found(valueSet, 'ValueSet'), ['r4-type ValueSet.compose.include[0].valueSet[0]'])
})

t.test('finds another resource, or none, where one is expected', async t => {
  t.strictSame(found({ resourceType: 'Organization' }), ['r4-resource-type Patient'])
  for (const value of [null, 1, 'a', [], [patient({})]]) t.strictSame(found(value), ['r4-type Patient'])
  t.strictSame(found({}), ['r4-resource-type Patient'])
})

t.test('lists no more than 100 issues', async t => {
  t.equal(found(patient({ name: Array.from({ length: 1000 }, () => ({})) })).length, 100)
})

t.test('says each thing in both languages, with a likely fix, and repeats no content', async t => {
  const secret = '神経芽腫'
  const issues = wrongPatients.flatMap(([, members]) => structure.check(patient(members), 'Patient'))
  issues.push(
    ...structure.check(
      patient({ gender: secret, birthDate: secret, [secret]: 1, text: { status: secret, div: secret } }),
      'Patient'
    )
  )
  for (const { text, fix } of issues) {
    t.match(text.ja, /[ぁ-ん]/)
    t.match(text.en, /^[ -~]+$/)
    t.ok(fix?.ja && fix.en)
  }
  t.notMatch(JSON.stringify(issues), new RegExp(secret))
})

t.test('does not compile definitions that lack a type, or codes that are bound', async t => {
  const without = (name: string) => definitions.filter(each => each.name !== name)
  t.throws(() => compileStructure(without('Period'), requiredCodes), { message: /no definition of Period/ })
  t.throws(() => compileStructure(definitions, { open: {}, closed: {} }), { message: /no codes for/ })
  t.throws(() => structure.check({}, 'Period'), TypeError)
  t.throws(() => structure.check({}, 'Nonsense'), TypeError)
})

t.test('mistakes of every sort at once are all told', async t => {
  const broken: Loose = changed(opinion, bundle => {
    bundle.type = 'documents'
    bundle.timestamp = '2026-09-01'
    bundle.entry[2].resource.gender = 'x'
    bundle.entry[2].resource.birthDate = '1970-13-01'
  })
  t.strictSame(
    found(broken, 'Bundle').map(each => each.split(' ')[0]),
    ['binding-required', 'r4-primitive', 'binding-required', 'r4-primitive']
  )
})
