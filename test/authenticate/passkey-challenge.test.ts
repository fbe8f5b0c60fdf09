import { createHmac, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { challengeEnd, makeChallenge } from '../../src/authenticate/passkey-challenge.ts'

const macWith =
  (key: string) =>
  (...parts: readonly string[]) =>
    createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url')
const mac = macWith('ours')
const at = Date.UTC(2026, 10, 1)
const use = { purpose: 'login', bound: '' } as const

t.test('a challenge holds for five minutes, for its use alone, on every gateway with the same key', async t => {
  const challenge = makeChallenge(mac, randomBytes, use, at)
  const end = at + 300_000
  t.equal(challengeEnd(mac, challenge, use, at), end)
  t.equal(challengeEnd(macWith('ours'), challenge, use, end - 1), end)
  t.equal(challengeEnd(mac, challenge, use, end), undefined, 'ended')
  t.equal(challengeEnd(mac, challenge, { purpose: 'step-up', bound: '' }, at), undefined, 'for something else')
  t.equal(challengeEnd(mac, challenge, { purpose: 'login', bound: 'x' }, at), undefined, 'for somebody else')
  t.equal(challengeEnd(macWith('others'), challenge, use, at), undefined, 'of another gateway')
  t.not(makeChallenge(mac, randomBytes, use, at), challenge, 'never twice the same')
})

t.test('a challenge that is altered anywhere, or any other text, is none', async t => {
  const challenge = makeChallenge(mac, randomBytes, use, at)
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ ']
  const place = fc.nat(challenge.length - 1)
  let tried = 0
  fc.assert(
    fc.property(place, fc.constantFrom(...letters), (at1, letter) => {
      const altered = challenge.slice(0, at1) + letter + challenge.slice(at1 + 1)
      tried++
      return altered === challenge || challengeEnd(mac, altered, use, at) === undefined
    })
  )
  fc.assert(fc.property(fc.string({ maxLength: 200 }), text => challengeEnd(mac, text, use, at) === undefined))
  t.ok(tried >= 100)
})
