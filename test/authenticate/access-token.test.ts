import { createPublicKey, type KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose'
import t, { type Test } from 'tap'
import { AccessTokens, accessTokenClaims, mintAccessToken } from '../../src/authenticate/access-token.ts'
import type { GrantedToken } from '../../src/authenticate/assertion.ts'
import type { Proofs } from '../../src/authenticate/ports.ts'
import type { Partner } from '../../src/document/partner.ts'
import type { Signer } from '../../src/document/signer.ts'
import { Refusal } from '../../src/outcome/refusal.ts'
import { signInput } from '../../src/standards/jws.ts'
import { DpopKey } from '../parties/dpop-key.ts'
import { directory, hospital, issuer, newKeys, noProofs, now, presentedWith, seconds } from './hospital.ts'

const { privateKey } = await newKeys('ES384', 't1')
const publicKey = createPublicKey(privateKey)
const signerWith = (key: KeyObject, kid = 't1'): Signer => ({
  alg: 'ES384',
  kid,
  sign: input => signInput('ES384', input, key)
})
const signer = signerWith(privateKey)

const granted: GrantedToken = {
  partner: hospital,
  scope: ['system/DocumentReference.rs', 'system/Bundle.c'],
  purpose: 'inquiry',
  person: { id: 'D-77', name: '架空 医子' },
  replay: { key: 'k', expiresAt: now }
}
const claims = accessTokenClaims(granted, { issuer, now, jti: 'token-1' })
const token = await mintAccessToken(claims, signer)

const tokensFor = (...partners: readonly Partner[]) =>
  new AccessTokens({ proofs: noProofs, issuer, keys: new Map([['t1', publicKey]]), partners: directory(...partners) })
const tokens = tokensFor(hospital)
const callWith = (text: string | undefined, at = now) => tokens.callerOf(presentedWith(text && `Bearer ${text}`), at)

async function refused(t: Test, title: string, call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    reason => reason
  )
  t.ok(error instanceof Refusal && error.key === 'unauthorized', title)
}

t.test('a token says for whom, as whom and for what its holder acts', async t => {
  t.same(decodeProtectedHeader(token), { alg: 'ES384', typ: 'at+jwt', kid: 't1' })
  t.same(decodeJwt(token), {
    iss: issuer,
    aud: `${issuer}/fhir`,
    sub: 'hospital-1',
    client_id: 'hospital-1',
    jti: 'token-1',
    iat: seconds,
    exp: seconds + 300,
    scope: 'system/DocumentReference.rs system/Bundle.c',
    extensions: {
      ihe_iua: {
        subject_organization_id: 'http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no|1319999015',
        subject_role: [
          { system: 'https://ryoritsu.example/fhir/CodeSystem/ryoritsu-role', code: 'attending-physician' }
        ],
        purpose_of_use: [{ system: 'https://ryoritsu.example/fhir/CodeSystem/ryoritsu-purpose', code: 'inquiry' }],
        subject_id: 'D-77',
        subject_name: '架空 医子'
      }
    }
  })
  const options = { issuer, audience: `${issuer}/fhir`, typ: 'at+jwt', currentDate: new Date(now) }
  t.ok(await jwtVerify(token, publicKey, options), 'another library verifies it')
})

t.test('a token without purpose or person carries neither', async t => {
  const bare = { ...granted, purpose: undefined, person: undefined }
  const { ihe_iua } = accessTokenClaims(bare, { issuer, now, jti: 'j' }).extensions
  t.same(Object.keys(ihe_iua), ['subject_organization_id', 'subject_role'])
})

t.test('its holder is known as registered, and acts as the token says', async t => {
  t.same(await callWith(token), {
    client: 'hospital-1',
    clientRole: 'hospital',
    side: 'hospital',
    party: 'party-hospital',
    organization: 'org-hospital',
    organizationIdentifier: hospital.organizationIdentifier,
    role: 'attending-physician',
    purpose: 'inquiry',
    person: { id: 'D-77', name: '架空 医子' },
    scopes: new Set(['system/DocumentReference.rs', 'system/Bundle.c']),
    token: 'token-1',
    address: '192.0.2.7'
  })
  const elsewhere = await tokens.callerOf({ ...presentedWith(`bearer ${token}`), address: '192.0.2.8' }, now)
  t.equal(elsewhere.address, '192.0.2.8', 'a remembered token brings no old address')
  const bare = accessTokenClaims({ ...granted, person: undefined }, { issuer, now, jti: 'j' })
  t.equal((await callWith(await mintAccessToken(bare, signer))).person, undefined)
})

t.test('refuses a call without a bearer token', async t => {
  await refused(t, 'no header', callWith(undefined))
  for (const header of ['', 'Bearer', 'Bearer ', `Basic ${token}`, `DPoP ${token}`, token, `Bearer ${token} x`]) {
    await refused(t, header.slice(0, 12), tokens.callerOf(presentedWith(header), now))
  }
  await refused(t, 'an endless one', callWith(`${token}${'A'.repeat(9000)}`))
})

t.test('refuses an expired token, also one it remembers', async t => {
  t.ok(await callWith(token, now + 299_999))
  await refused(t, 'at its end', callWith(token, now + 300_000))
  const fresh = tokensFor(hospital)
  await refused(t, 'never seen before', fresh.callerOf(presentedWith(`Bearer ${token}`), now + 300_000))
})

t.test('refuses what others signed, or what we signed for something else', async t => {
  const other = await newKeys('ES384', 't1')
  await refused(t, 'the kid, not the key', callWith(await mintAccessToken(claims, signerWith(other.privateKey))))
  await refused(t, 'a kid we do not know', callWith(await mintAccessToken(claims, signerWith(privateKey, 't9'))))
  const sign = (changed: object, header: object) =>
    new SignJWT({ ...claims, ...changed })
      .setProtectedHeader({ alg: 'ES384', typ: 'at+jwt', kid: 't1', ...header })
      .sign(privateKey)
  await refused(t, 'another typ', callWith(await sign({}, { typ: 'ryoritsu-receipt+jwt' })))
  await refused(t, 'no typ', callWith(await sign({}, { typ: undefined })))
  await refused(t, 'another issuer', callWith(await sign({ iss: 'https://evil.example' }, {})))
  await refused(t, 'another audience', callWith(await sign({ aud: `${issuer}/other` }, {})))
  await refused(t, 'the audience as a list', callWith(await sign({ aud: [claims.aud] }, {})))
  await refused(t, 'three words', callWith('a.b.c'))
})

t.test('a client stops at once when it is disabled or moved to another organisation', async t => {
  const partners = new Map([[hospital.clientId, hospital]])
  const partnersNow = { byClient: async (id: typeof hospital.clientId) => partners.get(id) }
  const tokens = new AccessTokens({
    proofs: noProofs,
    issuer,
    keys: new Map([['t1', publicKey]]),
    partners: partnersNow
  })
  const call = () => tokens.callerOf(presentedWith(`Bearer ${token}`), now)
  t.ok(await call())
  partners.set(hospital.clientId, { ...hospital, disabled: true })
  await refused(t, 'disabled', call())
  partners.set(hospital.clientId, { ...hospital, organizationIdentifier: { system: 'urn:x', value: '1' } })
  await refused(t, 'moved', call())
  partners.clear()
  await refused(t, 'removed', call())
  partners.set(hospital.clientId, hospital)
  t.ok(await call())
})

t.test('a key that is taken away ends its tokens, remembered or not', async t => {
  const keys = new Map([['t1', publicKey]])
  const tokens = new AccessTokens({ proofs: noProofs, issuer, keys, partners: directory(hospital) })
  t.ok(await tokens.callerOf(presentedWith(`Bearer ${token}`), now))
  keys.clear()
  await refused(t, 'remembered', tokens.callerOf(presentedWith(`Bearer ${token}`), now))
})

t.test('remembers no more tokens than it may, the latest used ones', async t => {
  let looked = 0
  class Counted extends Map<string, KeyObject> {
    override get(kid: string) {
      looked++
      return super.get(kid)
    }
  }
  const tokens = new AccessTokens({
    proofs: noProofs,
    issuer,
    keys: new Counted([['t1', publicKey]]),
    partners: directory(hospital),
    remembered: 2
  })
  const made = await Promise.all(
    ['a', 'b', 'c'].map(jti => mintAccessToken(accessTokenClaims(granted, { issuer, now, jti }), signer))
  )
  const call = async (index: number) => (await tokens.callerOf(presentedWith(`Bearer ${made[index]}`), now)).token
  t.same([await call(0), await call(1), await call(0), await call(1), await call(0)], ['a', 'b', 'a', 'b', 'a'])
  t.equal(looked, 2, 'each was verified once')
  t.equal(await call(2), 'c')
  t.equal(await call(0), 'a')
  t.equal(looked, 3, 'the latest used one was kept')
  t.equal(await call(1), 'b')
  t.equal(looked, 4, 'the longest unused one was forgotten')
})

t.test('a call whose proof cannot be noted as used is not let through, and neither is one whose proof was', async t => {
  const key = new DpopKey()
  const cnf = { jkt: await key.jkt() }
  const bound = await mintAccessToken(accessTokenClaims(granted, { issuer, now, jti: 'b', cnf }), signer)
  const uri = `${issuer}/fhir/DocumentReference`
  const proof = key.prove({ method: 'GET', uri, at: seconds, nonce: 'nonce', token: bound })
  const call = (use: Proofs['use']) =>
    new AccessTokens({
      proofs: { nonces: { at: () => 'nonce', isTaken: nonce => nonce === 'nonce' }, use },
      issuer,
      keys: new Map([['t1', publicKey]]),
      partners: directory(hospital)
    }).callerOf({ ...presentedWith(`DPoP ${bound}`), dpop: [proof] }, now)
  t.equal((await call(async () => true)).token, 'b')
  await refused(
    t,
    'used before',
    call(async () => false)
  )
  await t.rejects(
    call(() => Promise.reject(new Refusal('store-unavailable'))),
    /store-unavailable/
  )
})

t.test('refuses to mint with another algorithm', async t => {
  await t.rejects(mintAccessToken(claims, { ...signer, alg: 'ES256' }), TypeError)
})

t.test('never takes a token of which a character was changed', async t => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=~'
  const mutation = fc.tuple(fc.nat(token.length - 1), fc.constantFrom(...letters))
  await fc.assert(
    fc.asyncProperty(mutation, async ([at, letter]) => {
      fc.pre(token[at] !== letter)
      const error = await callWith(token.slice(0, at) + letter + token.slice(at + 1)).then(
        () => undefined,
        reason => reason
      )
      return error instanceof Refusal && error.key === 'unauthorized'
    }),
    { numRuns: 300 }
  )
  t.ok(await callWith(token))
})
