import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bundle } from '@medplum/fhirtypes'
import fc from 'fast-check'
import t from 'tap'
import { gatewayKeys, keyOf, signingKeys, trustFolder } from '../../fixtures/test-keys.ts'
import type { Signer } from '../../src/document/signer.ts'
import { Refusal } from '../../src/outcome/refusal.ts'
import { gatewayIdentifier, signAsGateway } from '../../src/signature/sign.ts'
import { signatureTypes } from '../../src/signature/signed-form.ts'
import { readGatewayKeys, readRoots, readSignerKeys } from '../../src/signature/trust.ts'
import { verifyGatewaySignature } from '../../src/signature/verify-gateway.ts'
import { JsonError, readJson } from '../../src/standards/json.ts'
import { signInput } from '../../src/standards/jws.ts'
import { sampleDocument, signed, signedAt } from './sample.ts'

const jwks = readFileSync(join(trustFolder, 'gateway.jwks.json'), 'utf8')
const keys = readGatewayKeys(jwks)
const issuer = 'https://gateway.example'
const claims = { when: signedAt, issuer, typeCode: signatureTypes.derived }

function signerOf(kid: string): Signer {
  const { alg, privateKey } = keyOf(gatewayKeys, kid)
  return { alg: alg as Signer['alg'], kid, sign: input => signInput(alg, input, privateKey) }
}

const signer = signerOf('gateway-document')
const derived = await signAsGateway(signer, sampleDocument(), claims)

function refusal(bundle: Bundle, known = keys) {
  try {
    verifyGatewaySignature(bundle, known)
  } catch (error) {
    if (error instanceof Refusal) return { key: error.key, rules: error.issues.map(({ rule }) => rule) }
    throw error
  }
  return 'accepted'
}

const invalid = (...rules: readonly string[]) => ({ key: 'signature-invalid', rules })

t.test('accepts what the gateway signed, and says as what', async t => {
  t.match(verifyGatewaySignature(derived, keys), {
    type: 'derived',
    kid: 'gateway-document',
    algorithm: 'RS256',
    signer: { system: 'urn:ietf:rfc:3986', value: issuer },
    signedAt: Date.parse(signedAt)
  })
  const attested = await signAsGateway(signer, sampleDocument(), { ...claims, typeCode: signatureTypes.attested })
  t.equal(verifyGatewaySignature(attested, keys).type, 'attested')
  t.same(await signAsGateway(signer, sampleDocument(), claims), derived, 'RS256 repeats itself')
})

t.test('refuses what the gateway did not sign', async t => {
  const { signature, ...unsigned } = derived
  t.match(refusal(unsigned), { key: 'signature-missing' })
  t.same(refusal({ ...derived, timestamp: '2026-09-10T11:25:00.001+09:00' }), invalid('sig-verify'))
  t.same(refusal({ ...derived, id: 'x' }), invalid('sig-unsigned'))
  t.same(refusal({ ...derived, meta: { ...derived.meta, versionId: '2' } }), invalid('sig-unsigned'))
  t.same(
    refusal({
      ...derived,
      signature: { ...signature!, who: { identifier: gatewayIdentifier('https://other.example') } }
    }),
    invalid('sig-issuer')
  )
  t.same(
    refusal({
      ...derived,
      signature: { ...signature!, type: [{ ...signature!.type[0]!, code: signatureTypes.attested }] }
    }),
    invalid('sig-commitment')
  )
  t.same(
    refusal(signed(sampleDocument())),
    invalid('sig-type', 'sig-issuer'),
    "an author's signature is none of the gateway"
  )
})

t.test('refuses a key that is not for documents', async t => {
  const unknown = { key: 'signer-unknown', rules: ['sig-key-unknown'] }
  t.same(refusal(derived, new Map()), unknown)
  t.same(refusal(await signAsGateway(signerOf('gateway-receipt'), sampleDocument(), claims)), unknown)
  const posing = { ...signerOf('gateway-log'), kid: 'gateway-document' }
  t.match(refusal(await signAsGateway(posing, sampleDocument(), claims)), { key: 'signature-algorithm' })
})

t.test('notices any change of any byte but of spelling', async t => {
  const bytes = Buffer.from(JSON.stringify(derived))
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (place, difference) => {
      const changed = Buffer.from(bytes)
      changed[place] = changed[place]! ^ difference
      try {
        const { value, ambiguousNumber } = readJson(changed, { maxDepth: 64 })
        return ambiguousNumber !== undefined || refusal(value as Bundle) !== 'accepted'
      } catch (error) {
        return error instanceof JsonError
      }
    }),
    { numRuns: 500 }
  )
  t.pass('500 changes')
})

t.test('reads the keys of a gateway and nothing that is none', async t => {
  t.same([...keys.keys()].length, 5)
  t.match(keys.get('gateway-log'), { alg: 'EdDSA', purpose: 'log' })
  const set = JSON.parse(jwks)
  const [first] = set.keys
  const wrong = (change: object, message: RegExp) =>
    t.throws(() => readGatewayKeys(JSON.stringify({ keys: [{ ...first, ...change }] })), message)
  wrong({ kid: undefined }, /no kid/)
  wrong({ alg: 'HS256' }, /no alg/)
  wrong({ alg: 'ES384' }, /not a key for its alg/)
  wrong({ 'x-purpose': 'anything' }, /no x-purpose/)
  wrong({ d: 'AAAA' }, /not a public key/)
  t.throws(() => readGatewayKeys(JSON.stringify({ keys: [first, first] })), /two keys gateway-token/)
  for (const text of ['{}', '[]', 'null', '{"keys":[1]}']) t.throws(() => readGatewayKeys(text), TypeError, text)
})

t.test('reads the keys of signers, each with its organisation', async t => {
  const organization = { system: 'urn:oid:1.3.188', value: '8999999999901' }
  const { publicJwk, privateJwk } = keyOf(signingKeys, 'employer-8999999999901')
  const read = (change: object) =>
    readSignerKeys(JSON.stringify({ keys: [{ ...publicJwk, 'x-organization': organization, ...change }] }))
  t.match(read({}), [{ kid: 'employer-8999999999901', alg: 'RS256', organization }])
  t.match(read({ alg: undefined }), [{ alg: undefined }])
  for (const missing of [undefined, null, {}, { system: 'x' }, 'x']) {
    t.throws(() => read({ 'x-organization': missing }), /key 1 of signers.jwks.json has no x-organization/)
  }
  t.throws(() => read({ kid: '' }), /no kid/)
  t.throws(() => read({ d: privateJwk.d }), /not a public key/)
  t.throws(() => read({ alg: 'ES256' }), /not a key for its alg/)
  t.throws(() => read({ alg: 'none' }), /alg that is not known/)
})

t.test('reads roots.pem and nothing but certificates in it', async t => {
  const pem = readFileSync(join(trustFolder, 'roots.pem'), 'utf8')
  t.equal(readRoots(pem).length, 1)
  t.equal(readRoots(`# two\r\n${pem}\r\n${pem}`).length, 2)
  t.same(readRoots('# none yet\n'), [])
  t.throws(() => readRoots(pem.slice(0, 400)), /not a whole certificate/)
  t.throws(() => readRoots('-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----'), /not a whole certificate/)
  t.throws(
    () => readRoots('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'),
    /certificate 1 .* cannot be read/
  )
})
