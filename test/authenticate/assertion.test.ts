import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { CompactSign } from 'jose'
import * as oauth from 'oauth4webapi'
import t, { type Test } from 'tap'
import { judgeAssertion, judgeClient } from '../../src/authenticate/assertion.ts'
import { readForm } from '../../src/authenticate/form.ts'
import { TokenError } from '../../src/authenticate/token-error.ts'
import type { Partner } from '../../src/document/partner.ts'
import {
  type Assertion,
  assertionOf,
  contextFor,
  es384,
  formOf,
  hospital,
  issuer,
  newKeys,
  now,
  seconds,
  tokenEndpoint
} from './hospital.ts'

const context = contextFor(hospital)

const judge = async (assertion: Assertion = {}, form = {}, partner: Partner = hospital) =>
  judgeAssertion(formOf(await assertionOf(assertion), form), contextFor(partner))

/** Holds that the request is refused with this error and status. */
async function refused(t: Test, title: string, request: Promise<unknown>, error: string, description?: RegExp) {
  const status = error === 'invalid_client' ? 401 : 400
  await t.rejects(request, { name: 'TokenError', error, status, ...(description && { description }) }, title)
}

t.test('grants what was asked for to a client that proves itself', async t => {
  const granted = await judge({ claims: { jti: 'a' } })
  t.equal(granted.partner, hospital)
  t.same(granted.scope, ['system/DocumentReference.rs'])
  t.equal(granted.replay.expiresAt, now + 90_000, 'the key is kept for as long as the assertion could be used')
  t.match(granted.replay.key, /^[\w-]{43}$/)
  t.not((await judge({ claims: { jti: 'b' } })).replay.key, granted.replay.key)
  t.equal((await judge({ claims: { jti: 'a' } })).replay.key, granted.replay.key, 'a replay shows by its key')
})

t.test('takes each algorithm of SMART and FAPI', async t => {
  for (const alg of ['ES384', 'RS384', 'ES256', 'PS256', 'EdDSA']) {
    const { privateKey, publicJwk } = await newKeys(alg, 'k')
    const partner = { ...hospital, jwks: { keys: [es384.publicJwk, publicJwk] } }
    t.equal((await judge({ header: { alg, kid: 'k' }, key: privateKey }, {}, partner)).partner, partner, alg)
    const assertion = await assertionOf({ header: { alg, kid: 'k' }, key: privateKey })
    const proven = await judgeClient(formOf(assertion, { grant_type: undefined }), contextFor(partner))
    t.equal(proven.partner, partner, `${alg} for introspection and revocation`)
  }
})

t.test('takes the issuer or the token address as audience, with any typ of a client assertion', async t => {
  for (const typ of ['JWT', 'jwt', 'client-authentication+jwt', 'application/client-authentication+jwt', undefined]) {
    for (const aud of [issuer, tokenEndpoint]) t.ok(await judge({ claims: { aud }, header: { typ } }))
  }
  t.ok(await judge({ claims: { iat: undefined } }), 'SMART does not ask for iat')
  t.ok(await judge({ claims: { exp: seconds - 29, iat: seconds - 60 } }), 'clocks may differ by 30 seconds')
  t.ok(await judge({}, { client_id: 'hospital-1' }))
})

t.test('refuses other grants and other ways to authenticate', async t => {
  await refused(t, 'no grant type', judge({}, { grant_type: undefined }), 'invalid_request')
  await refused(t, 'another grant', judge({}, { grant_type: 'authorization_code' }), 'unsupported_grant_type')
  await refused(t, 'a client secret', judge({}, { client_secret: 'x' }), 'invalid_request')
  await refused(t, 'no assertion', judge({}, { client_assertion: undefined }), 'invalid_client')
  await refused(t, 'another type', judge({}, { client_assertion_type: 'urn:x' }), 'invalid_client')
  await refused(t, 'a repeated parameter', (async () => readForm('scope=a&scope=b'))(), 'invalid_request')
})

t.test('refuses an assertion that does not say who, for whom, and until when', async t => {
  const wrong: readonly [string, Assertion, RegExp][] = [
    ['iss of another', { claims: { iss: 'hospital-2' } }, /iss and sub/],
    ['no sub', { claims: { sub: undefined } }, /iss and sub/],
    ['sub no text', { claims: { iss: 7, sub: 7 } }, /iss and sub/],
    ['two audiences', { claims: { aud: [issuer, 'https://evil.example'] } }, /aud/],
    ['a list of one audience', { claims: { aud: [issuer] } }, /aud/],
    ['another audience', { claims: { aud: `${issuer}/` } }, /aud/],
    ['no audience', { claims: { aud: undefined } }, /aud/],
    ['no exp', { claims: { exp: undefined } }, /exp/],
    ['exp as text', { claims: { exp: String(seconds + 60) } }, /exp/],
    ['expired', { claims: { iat: seconds - 90, exp: seconds - 30 } }, /expired/],
    ['living too long', { claims: { exp: seconds + 301 } }, /300 seconds/],
    ['living too long from now', { claims: { iat: undefined, exp: seconds + 331 } }, /300 seconds/],
    ['issued in the future', { claims: { iat: seconds + 31 } }, /iat/],
    ['ending before it begins', { claims: { iat: seconds + 20, exp: seconds + 10 } }, /live for/],
    ['not valid yet', { claims: { nbf: seconds + 31 } }, /nbf/],
    ['nbf as text', { claims: { nbf: 'now' } }, /nbf/],
    ['no jti', { claims: { jti: undefined } }, /jti/],
    ['an empty jti', { claims: { jti: '' } }, /jti/],
    ['a jti beyond 256 characters', { claims: { jti: 'x'.repeat(257) } }, /jti/],
    ['no kid', { header: { kid: undefined } }, /kid/],
    ['an access token', { header: { typ: 'at+jwt' } }, /typ/]
  ]
  for (const [title, assertion, description] of wrong) {
    await refused(t, title, judge(assertion), 'invalid_client', description)
  }
  await refused(t, 'another client_id', judge({}, { client_id: 'hospital-2' }), 'invalid_client', /client_id/)
})

t.test('answers alike for unknown, disabled, unknown key and wrong signature', async t => {
  const alike = /^The client is unknown or disabled, or no registered key of it made this signature\.$/
  const other = await newKeys('ES384', 'h1')
  const unknown = { claims: { iss: 'nobody', sub: 'nobody' } }
  await refused(t, 'an unknown client', judge(unknown), 'invalid_client', alike)
  await refused(t, 'a disabled client', judge({}, {}, { ...hospital, disabled: true }), 'invalid_client', alike)
  await refused(t, 'an unknown kid', judge({ header: { kid: 'h2' } }), 'invalid_client', alike)
  await refused(t, 'a key of that kid of somebody else', judge({ key: other.privateKey }), 'invalid_client', alike)
  const broken = { ...hospital, jwks: { keys: [{ ...es384.publicJwk, x: 'AAAA' }] } }
  await refused(t, 'a registered key that is none', judge({}, {}, broken), 'invalid_client', alike)
  const forEncryption = { ...hospital, jwks: { keys: [{ ...es384.publicJwk, use: 'enc' }] } }
  await refused(t, 'a registered key for encryption', judge({}, {}, forEncryption), 'invalid_client', alike)
})

t.test('refuses algorithms outside the list, none and HMAC over the public key first of all', async t => {
  const rsa = await newKeys('RS256', 'r')
  const partner = { ...hospital, jwks: { keys: [rsa.publicJwk, { ...rsa.publicJwk, kid: 'r2', alg: 'RS384' }] } }
  const rs256 = judge({ header: { alg: 'RS256', kid: 'r' }, key: rsa.privateKey }, {}, partner)
  await refused(t, 'RS256', rs256, 'invalid_client', /algorithm/)

  const payload = (await assertionOf()).split('.')[1]!
  const header = (alg: string) => Buffer.from(JSON.stringify({ alg, kid: 'h1' })).toString('base64url')
  for (const alg of ['none', 'HS384', 'ES512']) {
    const forged = `${header(alg)}.${payload}.${'A'.repeat(128)}`
    await refused(t, alg, judgeAssertion(formOf(forged), context), 'invalid_client', /algorithm/)
  }
  const bareNone = judgeAssertion(formOf(`${header('none')}.${payload}.`), context)
  await refused(t, 'none without signature', bareNone, 'invalid_client')
})

t.test('refuses claims that two readers could read in two ways', async t => {
  const sign = (json: string, header = {}) =>
    new CompactSign(Buffer.from(json)).setProtectedHeader({ alg: 'ES384', kid: 'h1', ...header }).sign(es384.privateKey)
  const good = JSON.stringify({
    ...JSON.parse(Buffer.from((await assertionOf()).split('.')[1]!, 'base64url').toString())
  })
  t.ok(await judgeAssertion(formOf(await sign(good)), context), 'the claims are good by themselves')

  const twice = good.replace('{', '{"sub":"hospital-2",')
  for (const json of [twice, `[${good}]`, good.slice(1), '"text"', '', `${good} x`]) {
    await refused(t, 'not one JSON object', judgeAssertion(formOf(await sign(json || ' ')), context), 'invalid_client')
  }
  const unencoded = judgeAssertion(formOf(await sign(good, { crit: ['b64'], b64: true })), context)
  await refused(t, 'critical extensions', unencoded, 'invalid_client')
})

t.test('refuses a scope that is missing or wider than registered', async t => {
  const wider = [
    undefined,
    '',
    'system/DocumentReference.crs',
    'system/*.r',
    'user/DocumentReference.r',
    'system/DocumentReference.rs system/AuditEvent.rs',
    'system/DocumentReference.read',
    'system/DocumentReference.rs?status=current',
    'system/DocumentReference.',
    'system/DocumentReference.sr',
    'openid',
    'system/Consent.r '.repeat(200)
  ]
  for (const scope of wider) await refused(t, `${scope}`, judge({}, { scope }), 'invalid_scope')
  const { scope } = await judge({}, { scope: 'system/Bundle.c  system/DocumentReference.r system/Bundle.c' })
  t.same(scope, ['system/Bundle.c', 'system/DocumentReference.r'], 'less than registered is granted, each once')
})

const role = (code: string) => [{ system: 'https://ryoritsu.example/fhir/CodeSystem/ryoritsu-role', code }]
const purpose = (code: string) => [{ system: 'https://ryoritsu.example/fhir/CodeSystem/ryoritsu-purpose', code }]
const acting = (ihe_iua: unknown) => ({ claims: { extensions: { ihe_iua } } })

t.test('takes organisation, role, purpose and person that agree with the registration', async t => {
  const granted = await judge(
    acting({
      subject_organization_id: 'http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no|1319999015',
      subject_role: role('attending-physician'),
      purpose_of_use: purpose('inquiry'),
      subject_id: 'D-77',
      subject_name: '架空 医子'
    })
  )
  t.equal(granted.purpose, 'inquiry')
  t.same(granted.person, { id: 'D-77', name: '架空 医子' })
})

t.test('fills in the purpose where only one is registered, and leaves it open where several are', async t => {
  t.equal((await judge()).purpose, undefined)
  t.equal((await judge(acting({ purpose_of_use: [] }))).purpose, undefined)
  t.equal((await judge({}, {}, { ...hospital, purposes: ['inquiry'] })).purpose, 'inquiry')
  t.equal((await judge({ claims: { extensions: { other: 1 } } })).person, undefined)
})

t.test('refuses acting claims beyond the registration', async t => {
  const wrong: Readonly<Record<string, unknown>> = {
    'another organisation': { subject_organization_id: 'urn:oid:1.3.188|8999999999901' },
    'an organisation without system': { subject_organization_id: '1319999015' },
    'another role': { subject_role: role('hr-staff') },
    'two roles': { subject_role: [...role('attending-physician'), ...role('hr-staff')] },
    'a role of another system': { subject_role: [{ system: 'urn:x', code: 'attending-physician' }] },
    'a role as text': { subject_role: 'attending-physician' },
    'a purpose that is not registered': { purpose_of_use: purpose('billing-provision') },
    'an unknown purpose': { purpose_of_use: purpose('marketing') },
    'two purposes': { purpose_of_use: [...purpose('inquiry'), ...purpose('support-consideration')] },
    'a name without identifier': { subject_name: '架空 医子' },
    'an identifier without name': { subject_id: 'D-77' },
    'a name of two lines': { subject_id: 'D-77', subject_name: 'a\nb' },
    'an empty name': { subject_id: 'D-77', subject_name: ' ' },
    'a name of 201 characters': { subject_id: 'D-77', subject_name: 'x'.repeat(201) },
    'no object': 'x',
    null: null
  }
  for (const [title, claims] of Object.entries(wrong)) await refused(t, title, judge(acting(claims)), 'invalid_request')
  await refused(t, 'extensions as text', judge({ claims: { extensions: 'x' } }), 'invalid_request')
})

t.test('accepts the request that an OAuth library makes', async t => {
  const key = es384.privateKey.toCryptoKey({ name: 'ECDSA', namedCurve: 'P-384' }, false, ['sign'])
  const server = { issuer, token_endpoint: tokenEndpoint }
  const client = { client_id: hospital.clientId }
  let body = ''
  await oauth.clientCredentialsGrantRequest(
    server,
    client,
    oauth.PrivateKeyJwt({ key, kid: 'h1' }),
    { scope: 'system/Bundle.cr' },
    {
      [oauth.customFetch]: async (_url, options) => {
        body = String(options.body)
        return Response.json({})
      }
    }
  )
  const granted = await judgeAssertion(readForm(body), { ...context, now: Date.now() })
  t.same(granted.scope, ['system/Bundle.cr'])
})

t.test('never accepts an assertion of which a character was changed, added or removed', async () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ '
  const kept = await Promise.all(
    ['ES384', 'RS384', 'ES256', 'PS256', 'EdDSA'].map(async alg => {
      const { privateKey, publicJwk } = await newKeys(alg, 'k')
      const partner = { ...hospital, jwks: { keys: [publicJwk] } }
      return { partner, assertion: await assertionOf({ header: { alg, kid: 'k' }, key: privateKey }) }
    })
  )
  const mutation = fc.tuple(
    fc.constantFrom(...kept),
    fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(1)),
    fc.constantFrom('replace', 'insert', 'remove'),
    fc.constantFrom(...alphabet)
  )
  await fc.assert(
    fc.asyncProperty(mutation, async ([{ partner, assertion }, where, how, letter]) => {
      const at = Math.min(Math.floor(where * assertion.length), assertion.length - 1)
      const changed =
        assertion.slice(0, at) + (how === 'remove' ? '' : letter) + assertion.slice(how === 'insert' ? at : at + 1)
      fc.pre(changed !== assertion)
      const error = await judgeAssertion(formOf(changed), contextFor(partner)).then(
        () => undefined,
        reason => reason
      )
      return error instanceof TokenError && error.error === 'invalid_client'
    }),
    { numRuns: 300 }
  )
})

t.test('answers whatever claims with a grant or an OAuth error, and never repeats them', async () => {
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom(issuer, tokenEndpoint, 'hospital-1', seconds, seconds + 200))
  const anyClaims = fc.dictionary(fc.constantFrom('iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti', 'extensions'), value)
  await fc.assert(
    fc.asyncProperty(anyClaims, fc.string(), async (claims, scope) => {
      try {
        const granted = await judge({ claims }, { scope: scope || undefined })
        return granted.partner === hospital && scope.startsWith('system/')
      } catch (error) {
        if (!(error instanceof TokenError)) throw error
        return /^[\x20-\x7e]+$/.test(error.description) && (scope.length < 9 || !error.description.includes(scope))
      }
    }),
    { numRuns: 150 }
  )
})

t.test('a key pair of another curve under a registered kid is refused', async t => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await refused(
    t,
    'ES256 under the kid of a P-384 key',
    judge({ header: { alg: 'ES256' }, key: privateKey }),
    'invalid_client'
  )
})
