import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { XmlError } from '../../src/standards/fhir-xml/xml-error.ts'
import { compileFhirXml } from '../../src/standards/fhir-xml.ts'

const root = join(import.meta.dirname, '..', '..')
const definitions = JSON.parse(readFileSync(join(root, 'profiles/r4/structure-definitions.json'), 'utf8'))
const codec = compileFhirXml(definitions)
const maxDepth = 64
const toJson = (xml: string | Uint8Array) => codec.toJson(Buffer.from(xml), { maxDepth })

/** JSON as a value in which numbers are what was written. */
function digits(text: string): unknown {
  const parse = JSON.parse as (
    text: string,
    reviver: (n: string, v: unknown, c: { source?: string }) => unknown
  ) => unknown
  return parse(text, (_name, value, { source }) => (typeof value === 'number' ? { number: source } : value))
}

function refusal(act: () => unknown): XmlError {
  try {
    act()
  } catch (error) {
    if (error instanceof XmlError) return error
    throw error
  }
  throw new Error('accepted')
}

const patient = (inner: string) => `<Patient xmlns="http://hl7.org/fhir">${inner}</Patient>`
const div = (inner: string) => `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>`

t.test('every fixture and every published resource comes back from XML as it was', async t => {
  const files = globSync(
    [
      'fixtures/{opinion-continuation,opinion-return,support-card,support-plan,work-information}/*.json',
      'profiles/{questionnaires,code-systems,value-sets}/*.json'
    ],
    { cwd: root }
  )
  t.ok(files.length > 50)
  for (const file of files) {
    const json = readFileSync(join(root, file), 'utf8')
    const xml = codec.toXml(json)
    t.strictSame(digits(toJson(xml)), digits(json), file)
    t.equal(codec.toXml(toJson(xml)), xml, `${file} a second time`)
  }
})

// Resources in all shapes that JSON and XML write differently.
const unicode = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).map(text =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML cannot hold them
  text.replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu, '労')
)
const decimal = fc
  .tuple(fc.integer(), fc.nat({ max: 999 }), fc.constantFrom('', '.0', '.50', '.5e3', 'E-2', '.12345678901234567890'))
  .map(([whole, zeros, tail]) => `${whole}${'0'.repeat(whole === 0 ? 0 : zeros % 4)}${tail}`)
  .map(text => ({ number: text }))
const fields = <Shape extends Record<string, fc.Arbitrary<unknown>>>(shape: Shape) =>
  fc.record(shape, { requiredKeys: [] }).filter(given => Object.keys(given).length > 0)
const quantity = fields({ value: decimal, unit: unicode })
const simpleExtension = fc.oneof(
  ...Object.entries({
    valueDecimal: decimal,
    valueInteger: fc.integer().map(number => ({ number: String(number) })),
    valueBoolean: fc.boolean(),
    valueString: unicode,
    valueCode: unicode,
    valueBase64Binary: fc.constant('TGk='),
    valueQuantity: quantity,
    valueCodeableConcept: fields({ text: unicode }),
    valueReference: fields({ reference: unicode, display: unicode }),
    valuePeriod: fields({ start: fc.constant('2026-11-24') }),
    valueTiming: fc.constant({
      repeat: { boundsRange: { low: { value: { number: '1.50' } } }, frequency: { number: '2' } }
    })
  }).map(([name, value]) => value.map(given => ({ url: 'http://example.org/x', [name]: given })))
)
const extensions = fc.array(
  fc.oneof(
    simpleExtension,
    fc
      .array(simpleExtension, { minLength: 1, maxLength: 2 })
      .map(extension => ({ url: 'http://example.org/y', extension }))
  ),
  { minLength: 1, maxLength: 2 }
)
const sibling = fields({ id: unicode, extension: extensions })
/** a primitive member with what may belong to it */
const primitive = (name: string, value: fc.Arbitrary<unknown>) =>
  fc.oneof(
    value.map(given => ({ [name]: given })),
    sibling.map(given => ({ [`_${name}`]: given })),
    fc.tuple(value, sibling).map(([given, more]) => ({ [name]: given, [`_${name}`]: more }))
  )
const primitives = (name: string, value: fc.Arbitrary<unknown>) =>
  fc.array(primitive('x', value), { minLength: 1, maxLength: 4 }).map(list => ({
    ...(list.some(each => 'x' in each) && { [name]: list.map(each => each.x ?? null) }),
    ...(list.some(each => '_x' in each) && { [`_${name}`]: list.map(each => each._x ?? null) })
  }))
const humanName = fc
  .tuple(primitive('family', unicode), primitives('given', unicode), fields({ id: unicode, text: unicode }))
  .map(parts => Object.assign({}, ...parts))
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\r', ' ')
const narrative = fc
  .tuple(unicode, unicode)
  .map(([one, other]) => div(`<p title="${escaped(one).replaceAll(/["\t\n]/gu, "'")}">${escaped(other)}<br/></p>`))
const contained = primitive('birthDate', fc.constant('1970-01-01')).map(given => ({
  resourceType: 'Patient',
  ...given
}))
const resource = fc
  .tuple(
    primitive('active', fc.boolean()),
    primitive('birthDate', fc.constantFrom('1970', '1970-01-01')),
    fields({
      id: fc.constant('p1'),
      text: narrative.map(given => ({ status: 'generated', div: given })),
      extension: extensions,
      name: fc.array(humanName, { minLength: 1, maxLength: 2 }),
      multipleBirthInteger: fc.constant({ number: '2' }),
      contained: fc.array(contained, { minLength: 1, maxLength: 2 })
    })
  )
  .map(parts => Object.assign({ resourceType: 'Patient' }, ...parts))
const bundle = fc.array(resource, { minLength: 1, maxLength: 3 }).map(all => ({
  resourceType: 'Bundle',
  type: 'searchset',
  entry: all.map(each => ({ resource: each, search: { mode: 'match', score: { number: '0.90' } } }))
}))

function write(value: unknown): string {
  return JSON.stringify(value).replaceAll(/\{"number":"([^"]+)"\}/gu, '$1')
}

t.test('whatever FHIR can say in JSON comes back from XML as it was, digits included', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.oneof(resource, bundle), value => {
        const json = write(value)
        return isDeepStrictEqual(digits(toJson(codec.toXml(json))), digits(json))
      }),
      { numRuns: 200 }
    )
  )
})

t.test('a number keeps its digits, wherever it stands', async t => {
  for (const digit of ['1.50', '1e3', '1E-2', '-0', '-0.0', '12345678901234567890', '0.10', '-1234567890123456', '7']) {
    for (const space of ['', ' ', '\n']) {
      const json = `{"resourceType":"Basic","extension":[{"url":"x","valueDecimal":${space}${digit}}]}`
      t.match(codec.toXml(json), `<valueDecimal value="${digit}"/>`)
      t.strictSame(digits(toJson(codec.toXml(json))), digits(json), digit)
    }
  }
})

t.test('whatever stands in the bytes, it is read or refused with a place', async t => {
  const good = codec.toXml(readFileSync(join(root, 'fixtures/opinion-return/stroke-driver.json'), 'utf8'))
  fc.assert(
    fc.property(
      fc.nat({ max: good.length }),
      fc.constantFrom('', '<', '>', '"', '&', ' ', '/', '\0', 'x'),
      (at, put) => {
        try {
          toJson(good.slice(0, at) + put + good.slice(at + 1))
        } catch (error) {
          if (!(error instanceof XmlError) || error.line < 1 || error.column < 1) throw error
        }
      }
    ),
    { numRuns: 300 }
  )
  for (let at = 0; at < good.length; at += 97)
    t.equal(refusal(() => toJson(good.slice(0, at))).kind, 'invalid-xml', `cut off after ${at}`)
})

t.test('reads XML in the ways that it may be written', async t => {
  const expected = { resourceType: 'Patient', name: [{ family: 'a b"<é', given: ['x'] }] }
  const ways = [
    patient('<name><family value="a b&quot;&lt;&#xe9;"/><given value="x"/></name>'),
    `<?xml version="1.0" encoding="UTF-8"?>\r\n${patient('\n <name>\r\n<family value="a\r\nb&#34;&lt;é"></family><given value=\'x\' /></name >')}\n<!-- 終わり -->`,
    `<!-- <!DOCTYPE a> &nbsp; --><f:Patient xmlns:f="http://hl7.org/fhir"><f:name><f:family value='a b"&lt;é'/><!-- x --><f:given value="x"/></f:name></f:Patient>`
  ]
  for (const xml of ways) t.strictSame(JSON.parse(toJson(xml)), expected, xml)
  const narrated = patient(
    `<text><status value="generated"/>${div('<!-- n --><p class="a">a<b>c</b> &amp; &#160;</p>')}</text>`
  )
  t.equal(JSON.parse(toJson(narrated)).text.div, div('<!-- n --><p class="a">a<b>c</b> &amp; &#160;</p>'))
  t.equal(codec.toXml(toJson(narrated)), narrated)
})

t.test('elements come in the order of the definition, ids and extension urls as attributes', async t => {
  const json = {
    birthDate: '1970-01-01',
    _birthDate: { id: 'b', extension: [{ valueDecimal: 1, url: 'http://example.org/x' }] },
    name: [{ given: ['a', null], id: 'n', _given: [null, { id: 'g' }] }],
    id: 'p',
    resourceType: 'Patient'
  }
  t.equal(
    codec.toXml(JSON.stringify(json).replace(':1,', ':1.50,')),
    patient(
      '<id value="p"/><name id="n"><given value="a"/><given id="g"/></name>' +
        '<birthDate id="b" value="1970-01-01"><extension url="http://example.org/x"><valueDecimal value="1.50"/></extension></birthDate>'
    )
  )
})

const bomb = `<!DOCTYPE b [<!ENTITY a "aaaa">${[...'bcdefgh'].map((name, index) => `<!ENTITY ${name} "${`&${'abcdefg'[index]};`.repeat(10)}">`).join('')}]>`
const refused: readonly (readonly [title: string, xml: string, cause: RegExp])[] = [
  ['billion laughs', `${bomb}${patient('<gender value="&h;"/>')}`, /DOCTYPE/],
  [
    'quadratic blow-up',
    `<!DOCTYPE b [<!ENTITY a "${'a'.repeat(50_000)}">]>${patient('&a;'.repeat(50_000))}`,
    /DOCTYPE/
  ],
  [
    'an external entity',
    `<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/passwd">]>${patient('<gender value="&a;"/>')}`,
    /DOCTYPE/
  ],
  ['an external DTD', `<!DOCTYPE Patient SYSTEM "http://example.org/x.dtd">${patient('')}`, /DOCTYPE/],
  ['an entity of HTML', patient('<gender value="&nbsp;"/>'), /entity/],
  ['an entity in capitals', patient('<gender value="&AMP;"/>'), /entity/],
  ['an entity named like a member of objects', patient('<gender value="&constructor;"/>'), /entity/],
  ['a character reference beyond XML', patient('<gender value="&#0;"/>'), /well-formed/],
  ['a reference to half a character', patient('<gender value="&#xD800;"/>'), /well-formed/],
  ['a processing instruction', `<?xml-stylesheet href="x.xsl"?>${patient('')}`, /processing/],
  ['a processing instruction inside', patient('<?php ?>'), /processing/],
  ['XML 1.1', `<?xml version="1.1"?>${patient('')}`, /processing/],
  ['another encoding', `<?xml version="1.0" encoding="Shift_JIS"?>${patient('')}`, /processing/],
  ['CDATA', patient('<gender value="male"/><![CDATA[x]]>'), /CDATA/],
  ['a byte order mark', `\ufeff${patient('<gender value="male"/>')}`, /byte order/],
  ['a control character', patient('<gender value="\u0001"/>'), /character/],
  ['another namespace', '<Patient xmlns="http://hl7.org/fhir2"/>', /namespace/],
  ['no namespace', '<Patient/>', /namespace/],
  ['an element of another namespace', patient('<x:gender xmlns:x="http://example.org" value="male"/>'), /namespace/],
  ['a prefix that nobody declared', patient('<x:gender value="male"/>'), /well-formed/],
  ['a name of three parts', '<a:Patient:b xmlns:a="http://hl7.org/fhir"></a:Patient:b>', /well-formed/],
  ['an unknown element', patient('<colour value="red"/>'), /does not have here/],
  ['an element that is a member of objects', patient('<constructor value="red"/>'), /does not have here/],
  ['an unknown attribute', patient('<gender value="male" lang="ja"/>'), /attribute/],
  ['an attribute of the root', '<Patient xmlns="http://hl7.org/fhir" id="p"/>', /attribute/],
  ['the same attribute twice', patient('<gender value="male" value="female"/>'), /twice/],
  ['the same element twice', patient('<gender value="male"/><gender value="female"/>'), /second/],
  ['two types of a choice', patient('<deceasedBoolean value="true"/><deceasedDateTime value="2026"/>'), /order/],
  ['elements out of order', patient('<birthDate value="1970"/><gender value="male"/>'), /order/],
  ['an element without value', patient('<gender/>'), /without value/],
  ['text among elements', patient('male'), /text/],
  ['text behind the root', `${patient('<gender value="male"/>')}x`, /well-formed|text/],
  ['a second root', `${patient('<gender value="male"/>')}${patient('<gender value="male"/>')}`, /second root/],
  ['two resources in one element', patient('<contained><Patient/><Patient/></contained>'), /second resource/],
  ['a container without resource', patient('<contained/>'), /without resource/],
  ['a number that JSON has not', patient('<multipleBirthInteger value="+1"/>'), /number/],
  ['a truth that is none', patient('<active value="1"/>'), /true/],
  ['a narrative without namespace', patient('<text><status value="empty"/><div>x</div></text>'), /namespace/],
  [
    'a narrative with a prefix',
    patient('<text><h:div xmlns:h="http://www.w3.org/1999/xhtml">x</h:div></text>'),
    /XHTML/
  ],
  ['FHIR within a narrative', patient(`<text>${div('<name xmlns="http://hl7.org/fhir"/>')}</text>`), /XHTML/],
  ['an end that does not fit', patient('<name></nam>'), /well-formed/],
  ['an attribute with a tag in it', patient('<gender value="<b>"/>'), /attribute/],
  ['an attribute without quotes', patient('<gender value=male/>'), /well-formed/],
  [
    'thousands of attributes',
    patient(`<gender ${Array.from({ length: 9999 }, (_, n) => `a${n}=""`).join(' ')}/>`),
    /too many/
  ],
  ['a comment with two hyphens', patient('<!-- a -- b -->'), /comment/],
  ['a comment without end', patient('<!-- a '), /comment/],
  ['JSON', '{"resourceType":"Patient"}', /well-formed/],
  ['nothing', '', /no element|well-formed/],
  ['space alone', ' \n', /no element|well-formed/]
]
for (const [title, xml, cause] of refused) {
  t.test(`refuses ${title}`, async t => {
    const error = refusal(() => toJson(xml))
    t.equal(error.kind, 'invalid-xml')
    t.match(error.cause, cause)
    t.ok(error.line > 0 && error.column > 0)
  })
}

t.test('a fault has line and column, a deep or unknown one its own kind', async t => {
  const { line, column } = refusal(() =>
    toJson('<Patient xmlns="http://hl7.org/fhir">\r\n  <!-- 労 --><colour/>\n</Patient>')
  )
  t.strictSame([line, column], [2, 13])
  t.equal(refusal(() => toJson('<Claim xmlns="http://hl7.org/fhir"/>')).kind, 'unknown-type')
  t.equal(refusal(() => toJson(patient('<contained><DomainResource/></contained>'))).kind, 'unknown-type')
  const deep = (levels: number) =>
    patient(`${'<extension url="x">'.repeat(levels)}<valueCode value="a"/>${'</extension>'.repeat(levels)}`)
  t.ok(toJson(deep(62)))
  t.equal(refusal(() => toJson(deep(63))).kind, 'too-deep')
  t.equal(refusal(() => toJson(deep(100_000))).kind, 'too-deep')
  t.equal(refusal(() => toJson(Uint8Array.of(0x3c, 0xff))).cause, 'not UTF-8')
})

const unwritable: readonly (readonly [title: string, json: unknown, path: string])[] = [
  ['a member that FHIR does not have', { colour: 'red' }, 'Patient'],
  ['what belongs to no primitive', { _name: [{ id: 'a' }] }, 'Patient'],
  ['a character that XML cannot hold', { gender: 'a\u0001' }, 'Patient.gender'],
  ['half a character', { gender: '\ud800' }, 'Patient.gender'],
  ['a list where there is none', { gender: ['male'] }, 'Patient.gender'],
  ['no list where there is one', { name: { family: 'a' } }, 'Patient.name'],
  ['an empty list', { name: [] }, 'Patient.name'],
  ['nothing in a list', { name: [{ given: [null] }] }, 'Patient.name[0].given[0]'],
  ['text for a truth', { active: 'true' }, 'Patient.active'],
  ['text for a number', { multipleBirthInteger: '2' }, 'Patient.multipleBirthInteger'],
  ['a number for text', { gender: 1.5 }, 'Patient.gender'],
  [
    'a narrative that would end early',
    { text: { div: `${div('')}</text><active value="true"/>` } },
    'Patient.text.div'
  ],
  ['a narrative with an entity of HTML', { text: { div: div('&nbsp;') } }, 'Patient.text.div'],
  ['a narrative that is no div', { text: { div: '<p xmlns="http://www.w3.org/1999/xhtml"/>' } }, 'Patient.text.div'],
  ['a narrative with a DOCTYPE', { text: { div: `<!DOCTYPE div>${div('')}` } }, 'Patient.text.div'],
  ['a contained thing that is no resource', { contained: [{ id: 'a' }] }, 'Patient.contained[0]']
]
for (const [title, members, path] of unwritable) {
  t.test(`does not write ${title}`, async t => {
    const error = refusal(() => codec.toXml(JSON.stringify({ resourceType: 'Patient', ...(members as object) })))
    t.equal(error.kind, 'unwritable')
    t.equal(error.path, path)
  })
}

t.test('does not write a resource type that it does not know', async t => {
  t.equal(refusal(() => codec.toXml('{"resourceType":"Claim"}')).kind, 'unknown-type')
  t.equal(refusal(() => codec.toXml('{"resourceType":"__proto__"}')).kind, 'unknown-type')
  t.equal(refusal(() => codec.toXml('[]')).kind, 'unwritable')
})
