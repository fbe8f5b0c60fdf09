import t from 'tap'
import { actingFor, organizationIdOf } from '../../src/authenticate/acting.ts'
import { as } from '../../src/document/ids.ts'
import type { Partner, Represented } from '../../src/document/partner.ts'
import { hospital } from './hospital.ts'

const system = 'urn:example:organisation'
const places: readonly Represented[] = Array.from({ length: 3000 }, (_, index) => ({
  organization: as(`org-${index}`),
  organizationIdentifier: { system, value: String(index) },
  organizationName: `架空病院 ${index}`,
  party: as(`party-${index}`),
  handlingRules: undefined
}))

t.test('a client acts for its own organisation and for those that it is registered for', async t => {
  const partner: Partner = { ...hospital, onBehalfOf: places }
  t.equal(actingFor(partner, organizationIdOf(hospital.organizationIdentifier)), partner)
  t.match(actingFor(partner, `${system}|2999`), { ...places[2999], clientId: hospital.clientId, role: 'hospital' })
  for (const other of ['', '2999', `${system}|3000`, 'urn:example:other|2999', `${system}|2999|`, '__proto__'])
    t.equal(actingFor(partner, other), undefined, other)
  t.equal(actingFor(hospital, `${system}|2999`), undefined)
})

t.test('thousands of them are looked through once for each registration, not at each call', async t => {
  let read = 0
  const watched = new Proxy(places, {
    get: (target, name) => {
      if (/^\d+$/u.test(String(name))) read++
      return Reflect.get(target, name) as unknown
    }
  })
  const partner: Partner = { ...hospital, onBehalfOf: watched }
  t.ok(actingFor(partner, `${system}|0`))
  t.equal(read, 3000)
  for (const { organizationIdentifier } of places) t.ok(actingFor(partner, organizationIdOf(organizationIdentifier)))
  t.equal(read, 3000)
})
