import fc from 'fast-check'
import t from 'tap'
import { Refusal } from '../../src/outcome/refusal.ts'
import { examine, wellForm } from '../../src/validate/well-form.ts'
import {
  changed,
  examples,
  type Loose,
  opinion,
  parts,
  receivedFrom,
  receivedText,
  refusalOf,
  workInformation
} from './example.ts'

const refused = (bundle: unknown) => refusalOf(() => wellForm(receivedFrom('hospital', bundle), parts))
const refusedBy = (change: (bundle: Loose) => void) => refused(changed(opinion, change))
const rulesOf = ({ issues }: Refusal) => issues.map(({ rule }) => rule)

t.test('lets the documents of either side through, with kind, version and what they say', async t => {
  for (const { name, side, bundle } of examples) {
    const wellFormed = wellForm(receivedFrom(side, bundle), parts)
    const [, kind, version] = /Questionnaire\/(.*)\|(.*)$/.exec(wellFormed.document.response.questionnaire!)!
    t.equal(wellFormed.kind.code, kind, name)
    t.equal(wellFormed.version, version, name)
    t.strictSame(wellFormed.document.identifier, bundle.identifier)
    t.equal(wellFormed.request, 'request-1')
  }
})

t.test('refuses another resource before all else', async t => {
  for (const value of [null, 1, 'a', [], {}, { resourceType: 'Patient' }, [opinion.bundle]]) {
    t.match(refused(value), { key: 'resource-type', at: ['Bundle'] })
  }
})

t.test('refuses a number that two readers may write in two ways, and says where it stands', async t => {
  const text = JSON.stringify(workInformation.bundle).replace(/"valueInteger":\d+/, '"valueInteger":5.0')
  const refusal = refusalOf(() => wellForm(receivedText('employer', text), parts))
  t.equal(refusal.key, 'ambiguous-number')
  t.match(refusal.at, [/^Bundle\.entry\[1\]\.resource\.item\[\d+\]\.answer\[0\]\.value$/])
})

t.test('refuses an unknown kind, an unknown form, and what is wrong with neither', async t => {
  t.equal(refusedBy(each => (each.entry[0].resource.type.coding[0].code = 'opinion')).key, 'document-kind-unknown')
  t.equal(refusedBy(each => (each.entry[1].resource.questionnaire += '9')).key, 'form-version-unknown')
  t.equal(refusedBy(each => delete each.entry[0].resource.custodian).key, 'profile-invalid')
  t.equal(refusedBy(each => (each.entry[2].resource.nonsense = 1)).key, 'profile-invalid')
})

t.test('refuses a reference that leads nowhere', async t => {
  const refusal = refusedBy(each => (each.entry[2].resource.generalPractitioner = [{ reference: 'urn:uuid:x' }]))
  t.equal(refusal.key, 'reference-unresolved')
})

t.test('refuses wrong check digits and a マイナンバー', async t => {
  const wrong = refusedBy(each => (each.entry[4].resource.identifier[0].value = '1319999016'))
  t.match(wrong, {
    key: 'identifier-check-digit',
    issues: [{ expression: 'Bundle.entry[4].resource.identifier[0].value' }]
  })
  const mine = refusedBy(each => each.entry[2].resource.identifier.push({ system: 'urn:a', value: '123456789018' }))
  t.match(mine, { key: 'my-number', issues: [{ rule: 'id-my-number' }] })
})

t.test('refuses answers that do not fit the form, with the rule of the form', async t => {
  const refusal = refusedBy(each => each.entry[1].resource.item.splice(0, 1))
  t.equal(refusal.key, 'form-invalid')
  t.ok(rulesOf(refusal).includes('qr-06'), rulesOf(refusal).join())
  t.match(refusal.issues[0]!.expression, /^Bundle\.entry\[1\]\.resource/)
})

t.test('tells all that is wrong at once; the gravest comes first and gives the key', async t => {
  const refusal = refusedBy(each => {
    each.entry[0].resource.type.coding[0].code = 'opinion'
    each.entry[0].resource.status = 'amended'
    each.entry[2].resource.gender = 'x'
    each.entry[2].resource.generalPractitioner = [{ reference: 'urn:uuid:x' }]
    each.entry[2].resource.name[0].text = '123456789018'
    each.entry[4].resource.identifier[0].value = '1319999016'
  })
  t.equal(refusal.key, 'document-kind-unknown')
  t.strictSame(rulesOf(refusal), [
    'profile-kind',
    'binding-required',
    'profile-status',
    'profile-reference',
    'id-check-digit',
    'advise-my-number'
  ])
})

t.test('mistakes in the form and elsewhere are told together', async t => {
  const rules = rulesOf(
    refusedBy(each => {
      each.entry[2].resource.gender = 'x'
      each.entry[1].resource.item.splice(0, 1)
    })
  )
  t.equal(rules[0], 'binding-required')
  t.ok(rules.includes('qr-06'))
})

t.test('a response that is not R4 is not held against its form', async t => {
  const refusal = refusedBy(each => {
    each.entry[1].resource.item = [null, 1, { linkId: 5 }]
  })
  t.equal(refusal.key, 'profile-invalid')
  t.strictSame(
    rulesOf(refusal).filter(rule => rule.startsWith('qr-')),
    []
  )
})

t.test('what may be a マイナンバー in free text is a warning and lets the document through', async t => {
  const bundle = changed(opinion, each => {
    each.entry[2].resource.address[0].text = '東京都 1234-5678-9018'
  })
  t.doesNotThrow(() => wellForm(receivedFrom('hospital', bundle), parts))
  const { key, issues } = examine(bundle, undefined, parts)
  t.equal(key, undefined)
  t.match(issues, [{ severity: 'warning', rule: 'advise-my-number' }])
})

t.test('lists no more than 100 issues, however much is wrong', async t => {
  const refusal = refusedBy(each => {
    each.entry[1].resource.item = Array.from({ length: 200 }, () => ({ linkId: 'x', nonsense: 1 }))
    each.entry[0].resource.status = 'x'
  })
  t.equal(refusal.issues.length, 100)
  t.equal(refusal.key, 'profile-invalid')
})

t.test('a megabyte of entries, or of references and what they may lead to, is refused like any other', async t => {
  const entries = refusedBy(each => {
    each.entry = [...each.entry, ...Array.from({ length: 100_000 }, () => ({}))]
  })
  t.match(entries, { key: 'profile-invalid', issues: { length: 100 } })
  const references = refusedBy(each => {
    each.entry[2].resource.contained = Array.from({ length: 50_000 }, () => ({ id: 'a' }))
    each.entry[2].resource.link = Array.from({ length: 20_000 }, () => ({ other: { reference: '#x' }, type: 'refer' }))
  })
  t.match(references, { key: 'profile-invalid', issues: { length: 100 } })
})

t.test('a form that was not compiled is a fault of ours, not of the document', async t => {
  t.throws(() => wellForm(receivedFrom('hospital', opinion.bundle), { ...parts, forms: new Map() }), TypeError)
})

/** Objects and lists that hold something. */
function containers(value: unknown): Loose[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.keys(value).length === 0 ? [] : [value, ...Object.values(value).flatMap(containers)]
}

function outcomeOf(value: unknown): string {
  try {
    wellForm(receivedFrom('hospital', value), parts)
    return 'accepted'
  } catch (error) {
    if (error instanceof Refusal) return error.key
    throw error
  }
}

// The reader before refuses this name.
const anyJson = fc
  .json({ maxDepth: 4 })
  .filter(text => !text.includes('__proto__'))
  .map(text => JSON.parse(text))

t.test('whatever JSON is sent as a document, the answer is a refusal', async t => {
  const bundles = anyJson.map(value => ({ resourceType: 'Bundle', type: 'document', entry: value }))
  t.doesNotThrow(() => fc.assert(fc.property(fc.oneof(anyJson, bundles), value => outcomeOf(value) !== 'accepted')))
})

t.test('whatever JSON stands at any place of a document, the answer is a refusal or the document', async t => {
  const place = fc.record({ where: fc.nat(), which: fc.nat(), value: anyJson, isAdded: fc.boolean() })
  const damaged = (places: readonly { where: number; which: number; value: unknown; isAdded: boolean }[]) =>
    changed(opinion, bundle => {
      for (const { where, which, value, isAdded } of places) {
        const all = containers(bundle)
        const container = all[where % all.length]
        const keys = Object.keys(container)
        const key = keys[which % keys.length]!
        if (isAdded) container[Array.isArray(container) ? container.length : `${key}X`] = value
        else container[key] = value
      }
    })
  let accepted = 0
  const places = fc.array(place, { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(places, all => {
      if (outcomeOf(damaged(all)) === 'accepted') accepted++
    }),
    { numRuns: 500 }
  )
  t.ok(accepted < 100, `${accepted} of 500 were taken`)
})
