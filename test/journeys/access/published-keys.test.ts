import { constants, createPrivateKey, generateKeyPairSync, type JsonWebKey, randomUUID, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { JWK } from 'jose'
import t from 'tap'
import { as, type ClientId } from '../../../src/document/ids.ts'
import { changePartner } from '../../../src/journeys/partner/change-partner.ts'
import { compact, signInput, signingInput } from '../../../src/standards/jws.ts'
import { startGateway } from '../../parties/gateway.ts'
import { register } from '../../parties/register.ts'

let ahead = 0
let keys: readonly JWK[] = []
let asked = 0
const site = createServer((_request, response) => {
  asked++
  response.setHeader('cache-control', 'max-age=600')
  response.end(JSON.stringify({ keys }))
})
await new Promise<void>(resolve => site.listen(0, '127.0.0.1', resolve))
const jwksUri = `http://127.0.0.1:${(site.address() as AddressInfo).port}/jwks`
const running = await startGateway({ now: () => Date.now() + ahead })
const { parts } = running.gateway
const desk = {
  ...running,
  add: (partner: Parameters<typeof running.add>[0]) => running.add({ ...partner, jwks: { keys: [] }, jwksUri })
}
const hospital = await register(desk, {
  role: 'hospital',
  organization: { name: '架空総合病院', identifier: { system: 'urn:oid:1.3.188', value: '8999999999901' } }
})
const client = as<ClientId>(hospital.file.clientId)
t.teardown(async () => {
  await running.stop()
  site.closeAllConnections()
  site.close()
})

function newKey(kid: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const marks = { kid, alg: 'ES384' }
  return {
    privateJwk: { ...(privateKey.export({ format: 'jwk' }) as JWK), ...marks },
    publicJwk: { ...(publicKey.export({ format: 'jwk' }) as JWK), ...marks }
  }
}

/** Status of a token request that is signed with this key, at the gateway's time. */
async function tokenWith({ privateJwk }: { readonly privateJwk: JWK }): Promise<number> {
  const { alg, kid } = privateJwk as { alg: 'ES384' | 'PS256'; kid: string }
  const iat = Math.floor((Date.now() + ahead) / 1000)
  const { clientId, issuer } = hospital.file
  const claims = { iss: clientId, sub: clientId, aud: issuer, iat, exp: iat + 240, jti: randomUUID() }
  const input = signingInput({ alg, kid }, Buffer.from(JSON.stringify(claims)))
  const key = createPrivateKey({ key: privateJwk as JsonWebKey, format: 'jwk' })
  // our own signer takes no weak key either
  const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  const signature = alg === 'PS256' ? sign('sha256', Buffer.from(input), pss) : signInput(alg, input, key)
  return (await hospital.grant(compact(input, signature))).status
}

const [first, second] = [newKey('one'), newKey('two')]

t.test('a client that publishes its keys changes them without asking anybody', async t => {
  keys = [first.publicJwk]
  t.equal(await tokenWith(first), 200)
  t.equal(await tokenWith(first), 200)
  t.equal(asked, 1, 'fetched once')
  keys = [first.publicJwk, second.publicJwk]
  t.equal(await tokenWith(second), 401, 'not twice within thirty seconds')
  ahead += 31_000
  t.equal(await tokenWith(second), 200)
  t.equal(await tokenWith(first), 200)
  t.equal(asked, 2)
})

t.test('a key that it withdrew ends when the server said that it would', async t => {
  keys = [second.publicJwk]
  ahead += 600_000
  t.equal(await tokenWith(first), 401)
  t.equal(await tokenWith(second), 200)
})

t.test('a key under which signatures prove nothing is none, wherever it stands', async t => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const marks = { kid: 'weak', alg: 'PS256' }
  keys = [second.publicJwk, { ...(publicKey.export({ format: 'jwk' }) as JWK), ...marks }]
  ahead += 60_000
  t.equal(await tokenWith({ privateJwk: { ...(privateKey.export({ format: 'jwk' }) as JWK), ...marks } }), 401)
  t.equal(await tokenWith(second), 200)
})

t.test('what was used up is forgotten in time', async t => {
  ahead += 3_600_000
  const over = () => parts.expiries.once(Date.now() + ahead - 300_000, 100)
  t.ok((await over()).length > 0)
  while ((await over()).length > 0) await setTimeout(20)
  t.equal(await tokenWith(second), 200)
})

t.test('for a client that is stopped nothing is fetched', async t => {
  await changePartner(parts, client, { disabled: true })
  ahead += 7_200_000
  const before = asked
  t.equal(await tokenWith(second), 401)
  t.equal(asked, before)
  await changePartner(parts, client, { disabled: false })
  t.equal(await tokenWith(second), 200)
})

t.test('keys that are registered instead take the place of published ones', async t => {
  await changePartner(parts, client, { jwks: { keys: [first.publicJwk] } })
  const before = asked
  t.equal(await tokenWith(second), 401)
  t.equal(await tokenWith(first), 200)
  t.equal(asked, before)
  await changePartner(parts, client, { jwksUri })
  t.equal(await tokenWith(first), 401)
  t.equal(await tokenWith(second), 200)
})
