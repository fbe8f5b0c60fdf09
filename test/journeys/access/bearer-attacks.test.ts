import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, type JWK } from 'jose'
import t from 'tap'
import { case2 } from '../../../fixtures/cases/2-breast-cancer-line.ts'
import { signInput } from '../../../src/standards/jws.ts'
import { startGateway } from '../../parties/gateway.ts'
import type { Party } from '../../parties/party.ts'
import { registerTown } from '../../parties/register.ts'
import { deposit, expectStatus, liveDocument, receiptOf } from '../../parties/story.ts'
import { closeAll, joinedCase } from '../joined-case.ts'
import { askForToken, type Client, callWith, forge, part } from './attacker.ts'

/** Attacks with what is said to be an access token (RFC 6750 section 5, RFC 8725, RFC 9068 section 4): each is answered with 401. */

const [running, elsewhere] = [await startGateway(), await startGateway()]
t.teardown(() => Promise.all([running.stop(), elsewhere.stop()]))
const { town, atHospital } = await joinedCase(running, case2)
const townElsewhere = await registerTown(elsewhere, case2)
t.teardown(() => closeAll([...Object.values(town), ...Object.values(townElsewhere)]))
const { baseUrl } = running

const hospital = clientOf(town.hospital)
const token = await town.hospital.token()
const [header = '', payload = '', signature = ''] = token.split('.')
const { keys } = (await (await fetch(`${baseUrl}/.well-known/jwks.json`)).json()) as { readonly keys: readonly JWK[] }
const tokenKey = createPublicKey({
  key: keys.find(({ kid }) => kid === decodeProtectedHeader(token).kid) as never,
  format: 'jwk'
})

function clientOf({ file }: Party): Client {
  const { issuer, clientId, privateJwk } = file
  const privateKey = createPrivateKey({ key: privateJwk as never, format: 'jwk' })
  return { issuer, clientId, kid: privateJwk.kid, alg: 'ES384', privateKey }
}

const statusOf = async (bearer: string): Promise<number> =>
  (await callWith(baseUrl, { authorization: `Bearer ${bearer}` })).status

t.test('the token itself opens what its scope covers', async t => {
  t.equal(await statusOf(token), 200)
})

t.test('a token of which anything was changed is none', async t => {
  const claims = decodeJwt(token)
  const changed = {
    'a wider scope': { scope: `${claims.scope} system/AuditEvent.rs` },
    'every scope': { scope: 'system/*.*' },
    'another client': { client_id: town.hr.file.clientId, sub: town.hr.file.clientId },
    'a later end': { exp: claims.exp! + 3600 },
    'another jti': { jti: 'another' },
    'another issuer': { iss: elsewhere.baseUrl },
    'another audience': { aud: [claims.aud, 'https://attacker.example'] },
    'another role': { extensions: { ihe_iua: { subject_role: [{ system: 'x', code: 'auditor' }] } } }
  }
  for (const [title, change] of Object.entries(changed)) {
    t.equal(await statusOf(`${header}.${part(JSON.stringify({ ...claims, ...change }))}.${signature}`), 401, title)
  }
  const headers = {
    'another kid': { kid: keys.find(({ kid }) => kid !== decodeProtectedHeader(token).kid)!.kid },
    'typ JWT': { typ: 'JWT' },
    'no typ': { typ: undefined },
    'a key within': { jwk: keys[0] },
    'a critical extension': { crit: ['x'], x: 1 }
  }
  for (const [title, change] of Object.entries(headers)) {
    t.equal(
      await statusOf(`${part(JSON.stringify({ ...decodeProtectedHeader(token), ...change }))}.${payload}.${signature}`),
      401,
      title
    )
  }
  const other = (await askForToken(baseUrl, forge(hospital))).token!.split('.')
  t.equal(await statusOf(`${other[0]}.${other[1]}.${signature}`), 401, 'the signature of another token')
})

t.test('a token that the gateway did not sign is none: none, HMAC under its public key, somebody’s key', async t => {
  const sealed = (head: object, sign: (input: string) => Uint8Array, body = payload) => {
    const input = `${part(JSON.stringify({ ...decodeProtectedHeader(token), ...head }))}.${body}`
    return `${input}.${part(sign(input))}`
  }
  for (const alg of ['none', 'None', 'NONE', '']) {
    t.equal(await statusOf(sealed({ alg }, () => Buffer.alloc(0))), 401, `alg ${alg}`)
    t.equal(
      await statusOf(sealed({ alg }, () => Buffer.from(signature, 'base64url'))),
      401,
      `alg ${alg}, with a signature`
    )
  }
  const jwk = tokenKey.export({ format: 'jwk' })
  for (const secret of [
    tokenKey.export({ type: 'spki', format: 'pem' }),
    JSON.stringify(jwk),
    Buffer.from(jwk.x!, 'base64url'),
    ''
  ]) {
    const forged = sealed({ alg: 'HS384' }, input => createHmac('sha384', secret).update(input).digest())
    t.equal(await statusOf(forged), 401, 'HS384 under the public key')
  }
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const strange = (input: string) => signInput('ES384', input, stranger.privateKey)
  t.equal(await statusOf(sealed({}, strange)), 401, 'signed by a stranger')
  t.equal(await statusOf(sealed({ kid: 'x' }, strange)), 401, 'under a kid of its own')
  t.equal(await statusOf(sealed({ jwk: stranger.publicKey.export({ format: 'jwk' }) }, strange)), 401, 'with its key')
  for (const kid of [
    '../../dev/null',
    "' OR 1=1 --",
    '__proto__',
    'constructor',
    undefined,
    null,
    [decodeProtectedHeader(token).kid]
  ]) {
    t.equal(await statusOf(sealed({ kid }, strange)), 401, `kid ${kid}`)
  }
  t.equal(await statusOf(sealed({}, () => Buffer.alloc(96))), 401, 'a signature of zeros (CVE-2022-21449)')
  t.equal(
    await statusOf(sealed({}, input => signInput('ES384', input, hospital.privateKey))),
    401,
    'signed by the client'
  )
})

t.test('things that were signed for another use are no access tokens, and an access token is nothing else', async t => {
  const deposited = await deposit(town.hospital, liveDocument(case2, 'opinion-return', atHospital))
  const receipt = receiptOf(expectStatus(deposited, 201))
  t.equal(decodeProtectedHeader(receipt).typ, 'ryoritsu-receipt+jwt')
  t.equal(await statusOf(receipt), 401, 'a receipt of this gateway')
  t.equal(await statusOf(forge(hospital)), 401, 'an assertion')
  t.equal(
    await statusOf(forge(hospital, { header: { typ: 'at+jwt' }, claims: JSON.stringify(decodeJwt(token)) })),
    401,
    'an assertion that looks like a token'
  )
  const tokenElsewhere = await townElsewhere.hospital.token()
  t.equal((await callWith(elsewhere.baseUrl, { authorization: `Bearer ${tokenElsewhere}` })).status, 200)
  t.equal(await statusOf(tokenElsewhere), 401, 'the token of another gateway')

  for (const [title, assertion] of Object.entries({
    'an access token as assertion': token,
    'a receipt as assertion': receipt,
    'an assertion for another gateway': forge({ ...hospital, issuer: elsewhere.baseUrl }),
    'an assertion of type at+jwt': forge(hospital, { header: { typ: 'at+jwt' } }),
    'an assertion of type dpop+jwt': forge(hospital, { header: { typ: 'dpop+jwt' } }),
    'a logout token as assertion': forge(hospital, { header: { typ: 'logout+jwt' } })
  })) {
    t.match(await askForToken(baseUrl, assertion), { status: 401, error: 'invalid_client', token: undefined }, title)
  }
})

t.test('a token stands in one header, once, in compact form, and is not long', async t => {
  const body = JSON.stringify({ payload, protected: header, signature })
  const wrong = {
    'no token': {},
    'nothing after Bearer': { authorization: 'Bearer ' },
    'no scheme': { authorization: token },
    Basic: { authorization: `Basic ${token}` },
    'two tokens': { authorization: `Bearer ${token} ${token}` },
    'two tokens with a comma': { authorization: `Bearer ${token}, Bearer ${token}` },
    'JSON serialisation': { authorization: `Bearer ${body}` },
    padding: { authorization: `Bearer ${token}=` },
    'four parts': { authorization: `Bearer ${token}.${signature}` },
    'five parts': { authorization: `Bearer ${header}.${payload}.${payload}.${signature}.${signature}` },
    'two parts': { authorization: `Bearer ${header}.${payload}` },
    detached: { authorization: `Bearer ${header}..${signature}` },
    'too long': { authorization: `Bearer ${token}${'a'.repeat(9000)}` },
    'in a cookie': { cookie: `access_token=${token}` }
  }
  for (const [title, headers] of Object.entries(wrong)) {
    t.equal((await callWith(baseUrl, headers as Readonly<Record<string, string>>)).status, 401, title)
  }
  for (const pair of [
    [`Bearer ${token}`, 'Bearer x'],
    ['Bearer x', `Bearer ${token}`],
    [`Bearer ${token}`, `Bearer ${token}`]
  ]) {
    t.equal((await callWith(baseUrl, { authorization: pair })).status, 401, 'two headers')
  }
  const inAddress = await callWith(baseUrl, {}, `/fhir/DocumentReference?access_token=${token}`)
  t.equal(inAddress.status, 401, 'in the address (RFC 9700 section 4.3.2)')
  const logged = running.logged()
  for (const text of [token, payload, signature]) t.notOk(logged.includes(text), 'and no log keeps it')
})

t.test('the other half of an ECDSA signature makes no second token and no second assertion', async t => {
  t.equal(await statusOf(malleated(token)), 200, 'it holds, as RFC 7518 has it')
  const { token: taken } = await askForToken(baseUrl, forge(hospital))
  const revoked = await revoke(taken!)
  t.equal(revoked, 200)
  t.equal(await statusOf(taken!), 401)
  t.equal(await statusOf(malleated(taken!)), 401, 'taken back with the token')
  const assertion = forge(hospital)
  t.equal((await askForToken(baseUrl, assertion)).status, 200)
  t.match(
    await askForToken(baseUrl, malleated(assertion)),
    { status: 401, description: /used before/ },
    'used up with the assertion'
  )
})

async function revoke(taken: string): Promise<number> {
  const form = new URLSearchParams({
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: forge(hospital),
    token: taken
  })
  return (await fetch(`${baseUrl}/oauth2/revoke`, { method: 'POST', body: form })).status
}

/** r and n - s, of P-384. */
function malleated(jws: string): string {
  const n = 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n
  const [head, body, text] = jws.split('.')
  const bytes = Buffer.from(text!, 'base64url')
  const s = n - BigInt(`0x${bytes.subarray(48).toString('hex')}`)
  return `${head}.${body}.${part(Buffer.concat([bytes.subarray(0, 48), Buffer.from(s.toString(16).padStart(96, '0'), 'hex')]))}`
}
