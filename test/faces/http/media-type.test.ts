import fc from 'fast-check'
import t from 'tap'
import { parseMediaType, preferredOf } from '../../../src/faces/http/media-type.ts'

const types: readonly (readonly [
  text: string,
  essence: string | undefined,
  parameters?: Readonly<Record<string, string>>
])[] = [
  ['application/fhir+json', 'application/fhir+json', {}],
  ['Application/FHIR+JSON; Charset="UTF-8"', 'application/fhir+json', { charset: 'UTF-8' }],
  ['application/json;charset=utf-8;fhirVersion=4.0', 'application/json', { charset: 'utf-8', fhirversion: '4.0' }],
  ['application/json;', 'application/json', {}],
  ['a/b; c="d \\"e\\""', 'a/b', { c: 'd "e"' }],
  ['a/b; c="d', undefined],
  ['application/json; charset=utf-8; charset=utf-16', undefined],
  ['application/json, text/plain', undefined],
  ['nonsense', undefined],
  ['', undefined],
  [`a/b; c="${'d'.repeat(1000)}"`, undefined]
]
for (const [text, essence, parameters] of types) {
  t.test(`reads ${text.slice(0, 60)}`, async t => {
    const found = parseMediaType(text)
    t.equal(found?.essence, essence)
    if (parameters) t.strictSame(Object.fromEntries(found!.parameters), parameters)
  })
}

const fhirJson = ['application/fhir+json', 'application/json']
const accepts: readonly (readonly [accept: string | undefined, isAccepted: boolean])[] = [
  [undefined, true],
  ['', true],
  ['*/*', true],
  ['application/*;q=0.1', true],
  ['application/fhir+json; fhirVersion=4.0', true],
  ['application/json', true],
  ['application/fhir+json;q=0, */*', true],
  ['text/html, application/xhtml+xml, */*;q=0.8', true],
  ['text/plain; note="a, b", application/fhir+json', true],
  ['application/fhir+xml', false],
  ['application/fhir+json; fhirVersion=3.0', false],
  ['application/fhir+json;q=0', false],
  ['application/*;q=0, */*', false],
  ['application/json;q=2', false],
  ['nonsense', false],
  [`${'a/b,'.repeat(100_000)}*/*`, false]
]
for (const [accept, isAccepted] of accepts) {
  t.test(`FHIR JSON is ${isAccepted ? 'an' : 'no'} answer to Accept: ${accept?.slice(0, 60)}`, async t => {
    t.equal(preferredOf(accept, fhirJson) !== undefined, isAccepted)
  })
}

const both = [...fhirJson, 'application/fhir+xml', 'application/xml']
const preferred: readonly (readonly [accept: string | undefined, essence: string | undefined])[] = [
  [undefined, 'application/fhir+json'],
  ['*/*', 'application/fhir+json'],
  ['application/fhir+xml, application/fhir+json', 'application/fhir+json'],
  ['application/fhir+json;q=0.5, application/fhir+xml;q=0.6', 'application/fhir+xml'],
  ['application/fhir+json;q=0.5, application/xml', 'application/xml'],
  ['application/*;q=0.5, application/fhir+xml', 'application/fhir+xml'],
  ['*/*, application/fhir+json;q=0, application/json;q=0', 'application/fhir+xml'],
  ['application/fhir+xml; fhirVersion=5.0', undefined]
]
for (const [accept, essence] of preferred) {
  t.test(`${essence ?? 'nothing'} is the answer to Accept: ${accept}`, async t => {
    t.equal(preferredOf(accept, both), essence)
  })
}

t.test('whatever stands in the headers, it is judged', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.string(), header => {
        parseMediaType(header)
        return [undefined, ...fhirJson].includes(preferredOf(header, fhirJson))
      })
    )
  )
})
