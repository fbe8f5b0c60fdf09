import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { extensionTable } from '../../src/validate/extension-table.ts'
import { changed, examples, type Loose, opinion, structure } from './example.ts'

const profiles = new URL('../../profiles/', import.meta.url)
const read = (path: string): Loose => JSON.parse(readFileSync(new URL(path, profiles), 'utf8'))
/** They stand in Questionnaires, and forms are checked when they are compiled. */
const ofForms = ['disclosure-class', 'not-before', 'option-group', 'required-when']
/** In what only the gateway itself writes. */
const ofGateway = ['case-state']

const published = readdirSync(new URL('structure-definitions/', profiles))
  .map(name => read(`structure-definitions/${name}`))
  .filter(({ type, id }) => type === 'Extension' && !ofForms.includes(id) && !ofGateway.includes(id))

/** What a differential says of one value. */
function saidOf({ type = [], binding }: Loose): object {
  const codes = binding && read(`value-sets/${binding.valueSet.split('/').pop()}.json`).compose.include[0].concept
  return {
    members: type.map(({ code }: Loose) => `value${code.charAt(0).toUpperCase()}${code.slice(1)}`),
    ...(codes && { codes: codes.map(({ code }: Loose) => code) })
  }
}

t.test('the table says what our published definitions say', async t => {
  for (const { url, differential } of published) {
    const element = (id: string): Loose => differential.element.find((each: Loose) => each.id === id)
    const parts = differential.element.filter(({ id }: Loose) => /^Extension\.extension:[^.]*$/.test(id))
    const expected =
      parts.length === 0
        ? saidOf(element('Extension.value[x]'))
        : {
            parts: Object.fromEntries(
              parts.map(({ id, sliceName, min, max }: Loose) => [
                sliceName,
                { min, max: Number(max), ...saidOf(element(`${id}.value[x]`)) }
              ])
            )
          }
    t.strictSame(extensionTable[url], expected, url)
  }
  t.ok(published.length >= 7, `${published.length} definitions`)
})

const found = (extension: unknown): readonly string[] => {
  const bundle = changed(opinion, each => {
    each.entry[2].resource.extension = [extension]
  })
  return structure
    .check(bundle, 'Bundle')
    .map(({ rule, expression }) => `${rule} ${expression.replace('Bundle.entry[2].resource.', '')}`)
}
const delivery = 'https://ryoritsu.example/fhir/StructureDefinition/delivery'
const recipient = { url: 'recipient', valueReference: { reference: 'urn:uuid:a' } }
const state = (valueCode: string) => ({ url: 'state', valueCode })

t.test('parts of an extension: each once, none that is not known, their codes', async t => {
  t.strictSame(found({ url: delivery, extension: [recipient, state('failed')] }), [])
  t.strictSame(found({ url: delivery, extension: [recipient] }), ['profile-extension-parts extension[0]'])
  t.strictSame(found({ url: delivery, extension: [recipient, recipient, state('failed')] }), [
    'profile-extension-parts extension[0]'
  ])
  t.strictSame(found({ url: delivery, extension: [recipient, state('failed'), { url: 'x', valueCode: 'a' }] }), [
    'profile-extension-parts extension[0].extension[2]'
  ])
  t.strictSame(found({ url: delivery, extension: [recipient, state('lost')] }), [
    'profile-extension-code extension[0].extension[1].value'
  ])
  t.strictSame(found({ url: delivery, valueString: 'a' }), ['profile-extension-parts extension[0]'])
})

t.test('an extension that is not known may hold any value, and the fixtures hold ours as they are defined', async t => {
  t.strictSame(
    found({ url: 'https://example.org/any', valueRatio: { numerator: { value: 1 }, denominator: { value: 2 } } }),
    []
  )
  for (const { name, bundle } of examples) t.strictSame(structure.check(bundle, 'Bundle'), [], name)
})
