import t from 'tap'
import { compileStructure } from '../../src/validate/structure.ts'
import { changed, definitions, examples, type Loose, opinion, requiredCodes, structure } from './example.ts'

const found = (resource: unknown, root = 'Patient') =>
  structure.check(resource, root).map(({ rule, expression }) => `${rule} ${expression}`)

const patient = (members: object) => ({ resourceType: 'Patient', ...members })
const masked = { extension: [{ url: 'http://example.org/x', valueCode: 'masked' }] }
const div = (content: string) => `<div xmlns="http://www.w3.org/1999/xhtml">${content}</div>`

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

const wrong: readonly (readonly [name: string, members: object, ...found: string[]])[] = [
  ['an element that R4 does not have', { nam: [] }, 'r4-unknown-element Patient.nam'],
  [
    'one inside another',
    { name: [{}, { txt: 'a' }] },
    'r4-empty Patient.name[0]',
    'r4-unknown-element Patient.name[1].txt'
  ],
  ['a name that might be content, at the object around', { '山田 太郎': 1 }, 'r4-unknown-element Patient'],
  [
    'names that every JavaScript object has',
    { constructor: 1, toString: 'a' },
    'r4-unknown-element Patient.constructor',
    'r4-unknown-element Patient.toString'
  ],
  ['extensions of what has none', { _name: [masked] }, 'r4-unknown-element Patient.name'],
  ['a list where one belongs', { gender: ['male', 'female'] }, 'r4-max Patient.gender'],
  ['a list of one where one belongs', { gender: ['male'] }, 'r4-type Patient.gender'],
  ['one where a list belongs', { name: { text: 'a' } }, 'r4-type Patient.name'],
  ['text where an object belongs', { name: ['a'] }, 'r4-type Patient.name[0]'],
  ['a list where an object belongs', { name: [[]] }, 'r4-type Patient.name[0]'],
  ['an object where text belongs', { birthDate: {} }, 'r4-type Patient.birthDate'],
  ['text where a boolean belongs', { active: 'true' }, 'r4-type Patient.active'],
  ['text where a number belongs', { multipleBirthInteger: '1' }, 'r4-type Patient.multipleBirth'],
  ['a number where text belongs', { name: [{ given: [1] }] }, 'r4-type Patient.name[0].given[0]'],
  ['an empty object', { name: [{}] }, 'r4-empty Patient.name[0]'],
  ['an object with an id alone', { name: [{ id: 'a' }] }, 'r4-empty Patient.name[0]'],
  ['an empty list', { name: [] }, 'r4-empty Patient.name'],
  ['an empty list of values', { name: [{ given: [] }] }, 'r4-empty Patient.name[0].given'],
  ['empty text', { birthDate: '' }, 'r4-empty Patient.birthDate'],
  [
    'null',
    { birthDate: null, name: [null], maritalStatus: null },
    'r4-empty Patient.birthDate',
    'r4-empty Patient.name[0]',
    'r4-empty Patient.maritalStatus'
  ],
  [
    'null in a list of values without extensions',
    { name: [{ given: [null, 'b'] }] },
    'r4-empty Patient.name[0].given[0]'
  ],
  [
    'null on both sides',
    { name: [{ given: ['a', null], _given: [null, null] }] },
    'r4-empty Patient.name[0].given[1]',
    'r4-empty Patient.name[0].given[1]'
  ],
  ['extensions with an id alone and no value', { _birthDate: { id: 'a' } }, 'r4-empty Patient.birthDate'],
  ['two of a choice', { multipleBirthBoolean: true, multipleBirthInteger: 1 }, 'r4-choice Patient.multipleBirth'],
  [
    'two of a choice, one by its extensions',
    { deceasedBoolean: true, _deceasedDateTime: masked },
    'r4-choice Patient.deceased'
  ],
  ['a code that is not of the value set', { gender: 'man' }, 'binding-required Patient.gender'],
  ['a day that no calendar has', { birthDate: '2026-02-29' }, 'r4-primitive Patient.birthDate'],
  ['a time without seconds', { deceasedDateTime: '2026-02-01T10:00+09:00' }, 'r4-primitive Patient.deceased'],
  ['control characters', { name: [{ text: 'a\u0001' }] }, 'r4-primitive Patient.name[0].text'],
  ['spaces alone', { name: [{ text: ' \u3000' }] }, 'r4-primitive Patient.name[0].text'],
  ['an integer that is none', { multipleBirthInteger: 1.5 }, 'r4-primitive Patient.multipleBirth'],
  ['an integer of more than 32 bits', { multipleBirthInteger: 2 ** 31 }, 'r4-primitive Patient.multipleBirth'],
  [
    'base64 that does not encode to itself',
    { photo: [{ contentType: 'image/png', data: 'QUJ=' }] },
    'r4-primitive Patient.photo[0].data'
  ],
  ['an id with other characters', { id: 'a_b' }, 'r4-primitive Patient.id'],
  [
    'a script in the narrative',
    { text: { status: 'generated', div: div('<script>a</script>') } },
    'r4-primitive Patient.text.div'
  ],
  ['an extension without url', { extension: [{ valueCode: 'a' }] }, 'r4-min Patient.extension[0].url'],
  [
    'an extension with neither value nor extensions',
    { extension: [{ url: 'http://example.org/x' }] },
    'r4-ext-1 Patient.extension[0]'
  ],
  [
    'an extension with both',
    { extension: [{ url: 'http://example.org/x', valueCode: 'a', ...masked }] },
    'r4-ext-1 Patient.extension[0]'
  ],
  [
    'an extension of a value with nothing in it',
    { _birthDate: { extension: [{ url: 'a' }] } },
    'r4-ext-1 Patient.birthDate.extension[0]'
  ],
  [
    'an extension whose value has a wrong type',
    { extension: [{ url: 'a', valueCode: 1 }] },
    'r4-type Patient.extension[0].value'
  ],
  [
    'an extension whose value R4 does not know',
    { extension: [{ url: 'a', valueMagic: 1 }] },
    'r4-unknown-element Patient.extension[0].value',
    'r4-ext-1 Patient.extension[0]'
  ],
  [
    'a modifier extension',
    { modifierExtension: [{ url: 'http://example.org/x', valueBoolean: true }] },
    'r4-modifier-extension Patient.modifierExtension'
  ],
  ['implicit rules', { implicitRules: 'http://example.org/x' }, 'r4-implicit-rules Patient.implicitRules'],
  [
    'a contained resource that nobody has defined',
    { contained: [{ resourceType: 'Nonsense' }] },
    'r4-resource-type Patient.contained[0]',
    'r4-dom-3 Patient'
  ],
  [
    'an abstract resource',
    { contained: [{ resourceType: 'DomainResource' }] },
    'r4-resource-type Patient.contained[0]',
    'r4-dom-3 Patient'
  ],
  [
    'a data type as a resource',
    { contained: [{ resourceType: 'Period' }] },
    'r4-resource-type Patient.contained[0]',
    'r4-dom-3 Patient'
  ]
]
for (const [name, members, ...expected] of wrong) {
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
  const issues = wrong.flatMap(([, members]) => structure.check(patient(members), 'Patient'))
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
