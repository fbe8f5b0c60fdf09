import t from 'tap'
import { chainOf } from '../../../fixtures/test-keys.ts'
import type { SignatureResult } from '../../../src/document/signature-result.ts'
import { RevocationStore } from '../../../src/journeys/document/revocation-data.ts'
import type { Working } from '../../../src/record/ports.ts'
import { readFields } from '../../../src/signature/certificate-fields.ts'
import type { CertificatePath } from '../../../src/signature/ports.ts'
import { revocationCheck } from '../../../src/signature/revocation/check.ts'
import { makeCrl } from '../../parties/revocation-data.ts'

const minute = 60_000
const start = Date.parse('2026-09-10T02:25:00Z')
const issuer = readFields(Buffer.from(chainOf('physician-990101').x5c[1]!, 'base64'))
const leaf = readFields(Buffer.from(chainOf('physician-990101').x5c[0]!, 'base64'))
const list = (day: number, nextDay = day + 1) =>
  makeCrl({ issuer, thisUpdate: new Date(Date.UTC(2026, 8, day)), nextUpdate: new Date(Date.UTC(2026, 8, nextDay)) })

/** A store whose clock, authority and database are ours. */
function setting() {
  const state = {
    now: start,
    answer: (): Uint8Array | undefined => list(10),
    asked: [] as string[],
    stored: [] as Working['revocation'][]
  }
  const make = () =>
    new RevocationStore({
      now: () => state.now,
      fetch: {
        crl: async url => {
          state.asked.push(url)
          return state.answer()
        },
        ocsp: async url => {
          state.asked.push(url)
          return state.answer()
        }
      },
      reads: {
        newest: async place =>
          state.stored.filter(row => row.place === place).toSorted((one, other) => other.at - one.at)[0],
        byHash: async hash => state.stored.find(row => row.hash === hash)
      }
    })
  return { state, make }
}

/** a signature that was judged by this */
const judgedBy = (hash: string) =>
  ({ path: { revocation: { status: 'good', evidence: [{ kind: 'crl', hash }] } } }) as unknown as SignatureResult

t.test('asks once for whoever waits, and then has it at hand', async t => {
  const { state, make } = setting()
  const store = make()
  const [one, other] = await Promise.all([store.crls(['http://a']), store.crls(['http://a'])])
  t.same(state.asked, ['http://a'])
  t.match(one, [{ kind: 'crl', bytes: list(10) }])
  t.same(one, other)
  state.now += 59 * minute
  await store.crls(['http://a'])
  t.equal(state.asked.length, 1, 'for an hour')
  state.now += minute
  state.answer = () => list(11)
  t.match(await store.crls(['http://a']), [{ bytes: list(11) }], 'then it asks for a newer one')
})

t.test('asks again when the next one is due', async t => {
  const { state, make } = setting()
  const store = make()
  state.now = Date.UTC(2026, 8, 10, 23, 50)
  await store.crls(['http://a'])
  state.now += 11 * minute
  await store.crls(['http://a'])
  t.equal(state.asked.length, 2)
})

t.test('leaves alone for a minute what gave nothing, and keeps what it had', async t => {
  const { state, make } = setting()
  const store = make()
  state.answer = () => undefined
  t.same(await store.crls(['http://a']), [])
  state.now += minute - 1
  await store.crls(['http://a'])
  t.equal(state.asked.length, 1)
  state.now += 1
  state.answer = () => Buffer.from('<html>')
  t.same(await store.crls(['http://a']), [], 'what is no list is nothing')
  t.equal(state.asked.length, 2)
  state.now += minute
  state.answer = () => list(10)
  t.equal((await store.crls(['http://a'])).length, 1)
  state.now += 61 * minute
  state.answer = () => undefined
  t.match(await store.crls(['http://a']), [{ bytes: list(10) }], 'the old one is better than none')
})

t.test('tries a second place, and no third', async t => {
  const { state, make } = setting()
  state.answer = () => undefined
  await make().crls(['http://a', 'http://b', 'http://c'])
  t.same(state.asked, ['http://a', 'http://b'])
  t.same(await make().crls([]), [])
})

t.test('has its data stored once, with the first document that was judged by it', async t => {
  const { state, make } = setting()
  const store = make()
  const [data] = await store.crls(['http://a'])
  const rows = await store.rowsOf(judgedBy(data!.hash))
  t.match(rows, [{ hash: data!.hash, kind: 'crl', place: 'http://a', nextUpdate: Date.UTC(2026, 8, 11), at: start }])
  t.equal((await store.rowsOf(judgedBy(data!.hash))).length, 1, 'the first commit may have failed')
  store.stored(rows)
  state.stored.push(...rows)
  t.same(await store.rowsOf(judgedBy(data!.hash)), [])
  t.same(await store.rowsOf({} as SignatureResult), [], 'a registered key')

  const restarted = make()
  state.answer = () => undefined
  t.match(await restarted.crls(['http://a']), [{ hash: data!.hash }], 'a start finds what was stored')
  t.equal(state.asked.length, 1)
  t.same(await restarted.rowsOf(judgedBy(data!.hash)), [])
})

t.test('refuses to refer to what is nowhere', async t => {
  const { make } = setting()
  await t.rejects(make().rowsOf(judgedBy('nowhere')), { message: 'overloaded' })
})

t.test('answers by OCSP are kept by what was asked', async t => {
  const { state, make } = setting()
  const store = make()
  state.answer = () => undefined
  await store.ocsp(['http://a'], Buffer.from('one'))
  await store.ocsp(['http://a'], Buffer.from('one'))
  await store.ocsp(['http://a'], Buffer.from('other'))
  t.equal(state.asked.length, 2)
})

t.test('keeps so much and no more', async t => {
  const { state, make } = setting()
  const store = make()
  const revoked = Array.from({ length: 200_000 }, (_, i) => ({
    serial: (0x10000000 + i).toString(16),
    at: '2026-01-01'
  }))
  const whole = makeCrl({ issuer, thisUpdate: '2026-09-10', nextUpdate: '2026-09-11', revoked })
  state.answer = () => whole
  const places = Math.ceil((64 * 1024 * 1024) / whole.length) + 1
  for (let i = 0; i < places; i += 1) await store.crls([`http://${i}`])
  t.equal(state.asked.length, places)
  await store.crls([`http://${places - 1}`])
  t.equal(state.asked.length, places, 'the last is at hand')
  await store.crls(['http://0'])
  t.equal(state.asked.length, places + 1, 'the first was dropped')
})

t.test(
  'what was revoked stays so, whether an older list, one that nobody signed, or nothing comes afterwards',
  async t => {
    const { state, make } = setting()
    const store = make()
    const check = revocationCheck({
      isComplete: false,
      ocsp: async () => [],
      crls: () => store.crls(['http://a']),
      believed: hash => store.believed(hash)
    })
    const path = { certificates: [leaf, issuer] } as unknown as CertificatePath
    const status = async () => (await check(path, { signedAt: state.now, provenAt: state.now, now: state.now })).status
    const dayOf = (day: number, hour = 0) => new Date(Date.UTC(2026, 8, day, hour))
    const revoked = [{ serial: Buffer.from(leaf.serial).toString('hex'), at: dayOf(10, 1) }]
    const withIt = (hour: number) => makeCrl({ issuer, thisUpdate: dayOf(10, hour), nextUpdate: dayOf(12), revoked })
    state.answer = () => withIt(2)
    t.equal(await status(), 'revoked')
    const forged = makeCrl({ issuer, thisUpdate: dayOf(10, 3), nextUpdate: dayOf(12) })
    forged[forged.length - 1]! ^= 1
    for (const answer of [list(10, 12), forged, forged, list(10, 12), undefined, withIt(3), list(10, 12)]) {
      state.now += 61 * minute
      state.answer = () => answer
      t.equal(await status(), 'revoked')
    }
    state.now += 61 * minute
    state.answer = () => makeCrl({ issuer, thisUpdate: dayOf(10, 10), nextUpdate: dayOf(12) })
    t.equal(await status(), 'good', 'only its authority takes it back, by a newer list')
    t.equal((await store.crls(['http://a'])).length, 1, 'and then the old one is dropped')
  }
)
