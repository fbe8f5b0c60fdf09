import { generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import t from 'tap'
import { readKeyPlace } from '../../../src/adapters/pkcs11/key-place.ts'
import { type PublicAttributes, publicJwk } from '../../../src/adapters/pkcs11/public-jwk.ts'
import { TokenSigners } from '../../../src/adapters/pkcs11/token-signers.ts'

const place = { module: '/nowhere/libpkcs11.so', token: 'token', label: 'key', pinFile: '/nowhere/pin' }

t.test('the place of a key is taken as the README has it and in no other way', async t => {
  t.same(readKeyPlace(place), place)
  t.same(readKeyPlace({ ...place, id: '0aff' }), { ...place, id: '0aff' })
  const { pinFile: _, ...withoutPin } = place
  for (const [value, words] of [
    ['here', 'x-pkcs11 is no object'],
    [[place], 'x-pkcs11 is no object'],
    [withoutPin, 'x-pkcs11 needs pinFile'],
    [{ ...withoutPin, token: '' }, 'x-pkcs11 needs token, pinFile'],
    [{ ...place, pin: '4711' }, 'x-pkcs11 has no pin'],
    [{ ...place, id: 'A' }, 'id of x-pkcs11 is hex in lower case'],
    [{ ...place, id: 1 }, 'id of x-pkcs11 is hex in lower case']
  ] as const) {
    t.equal(readKeyPlace(value), words)
  }
})

const bytesOf = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url')
const curves = [
  ['P-256', '06082a8648ce3d030107'],
  ['P-384', '06052b81040022']
] as const
const none: PublicAttributes = {
  ecParams: undefined,
  ecPoint: undefined,
  modulus: undefined,
  publicExponent: undefined
}

t.test('public keys are read as tokens write them', async t => {
  for (const [namedCurve, params] of curves) {
    const jwk = generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' })
    const ecParams = Buffer.from(params, 'hex')
    const point = Buffer.concat([Buffer.from([4]), bytesOf(jwk.x), bytesOf(jwk.y)])
    const wrapped = Buffer.concat([Buffer.from([4, point.length]), point])
    t.same(publicJwk({ ...none, ecParams, ecPoint: wrapped }), jwk, `${namedCurve} as OCTET STRING`)
    t.same(publicJwk({ ...none, ecParams, ecPoint: point }), jwk, `${namedCurve} as it is`)
    t.equal(publicJwk({ ...none, ecParams, ecPoint: wrapped.subarray(1) }), undefined, 'nothing else')
    const compressed = Buffer.concat([Buffer.from([3]), point.subarray(1)])
    t.equal(publicJwk({ ...none, ecParams, ecPoint: compressed }), undefined, 'no compressed points')
  }
  const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  for (const params of ['130c656477617264733235353139', '06032b6570']) {
    const ecParams = Buffer.from(params, 'hex')
    const ecPoint = Buffer.concat([Buffer.from([4, 32]), bytesOf(x)])
    t.same(publicJwk({ ...none, ecParams, ecPoint }), { kty: 'OKP', crv: 'Ed25519', x })
  }
  const rsa: JsonWebKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })
  const modulus = Buffer.concat([Buffer.from([0]), bytesOf(rsa.n)])
  t.same(publicJwk({ ...none, modulus, publicExponent: Buffer.from('00010001', 'hex') }), rsa, 'RSA with leading zeros')
  t.equal(publicJwk(none), undefined)
})

t.test('a module that is not there is said, also without any package for tokens', async t => {
  const signers = new TokenSigners()
  t.teardown(() => signers.close())
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
  const key = { alg: 'ES256', kid: 'key', jwk, place } as const
  const words = '/nowhere/libpkcs11.so: there is no such PKCS#11 module'
  t.equal(await signers.problemOf(key), words)
  const failure = await Promise.resolve(signers.signer(key).sign(Buffer.from('text'))).catch((error: unknown) => error)
  t.match(failure, { key: 'store-unavailable', cause: { message: words } })
})
