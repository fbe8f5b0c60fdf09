import { createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import t from 'tap'
import { isKeyFor } from '../../src/standards/jws.ts'
import { PublicKeyError, readPublicJwk, weaknessOf } from '../../src/standards/public-key.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const ed25519 = generateKeyPairSync('ed25519')
const jwkOf = (key: KeyObject): JsonWebKey => key.export({ format: 'jwk' })
const text = (bytes: Uint8Array | readonly number[]): string => Buffer.from(bytes).toString('base64url')
const bytes = (encoded: string | undefined): Buffer => Buffer.from(encoded!, 'base64url')

/** @returns why the key is not taken, or `taken` */
const fault = (jwk: unknown): string => {
  try {
    readPublicJwk(jwk)
    return 'taken'
  } catch (error) {
    if (error instanceof PublicKeyError) return error.kind
    throw error
  }
}

t.test('takes the keys that every library makes, with whatever else their JWK says', async t => {
  for (const { publicKey } of [rsa, p256, p384, ed25519]) {
    const jwk = jwkOf(publicKey)
    t.ok(readPublicJwk({ ...jwk, kid: 'a', use: 'sig', 'x-note': 1 }).equals(publicKey), `${jwk.kty} ${jwk.crv ?? ''}`)
  }
  for (let round = 0; round < 40; round++) {
    for (const { publicKey, privateKey } of [
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('ec', { namedCurve: 'P-256' })
    ]) {
      t.equal(weaknessOf(publicKey), undefined)
      t.equal(weaknessOf(privateKey), undefined)
    }
  }
})

t.test('takes no private or symmetric key for a public one', async t => {
  for (const { privateKey } of [rsa, p256, p384, ed25519]) t.equal(fault(jwkOf(privateKey)), 'private')
  t.equal(fault({ kty: 'oct', k: 'AAAA' }), 'private')
  t.equal(fault({ ...jwkOf(rsa.publicKey), dp: undefined }), 'private', 'even where it is empty')
})

t.test('takes no other kinds and curves', async t => {
  for (const jwk of [
    {},
    { kty: 'oct' },
    { kty: 'OKP', crv: 'X25519', x: text(Buffer.alloc(32, 9)) },
    { kty: 'EC', crv: 'Ed25519', x: jwkOf(ed25519.publicKey).x },
    { ...jwkOf(p256.publicKey), crv: 'secp256k1' },
    { ...jwkOf(p256.publicKey), crv: ['P-256'] },
    { ...jwkOf(p256.publicKey), kty: 'toString', crv: undefined },
    jwkOf(generateKeyPairSync('ed448').publicKey),
    jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey)
  ]) {
    t.not(fault(jwk), 'taken', JSON.stringify(jwk))
  }
  for (const none of [null, undefined, 'key', 7, []]) t.equal(fault(none), 'malformed')
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey
  t.equal(weaknessOf(pss), 'kind')
  t.notOk(isKeyFor('PS256', pss))
})

t.test('takes numbers in the one way that RFC 7518 writes them', async t => {
  const { n, e } = jwkOf(rsa.publicKey)
  const { x, y } = jwkOf(p256.publicKey)
  const wrong: readonly object[] = [
    { kty: 'RSA', n: text([0, ...bytes(n)]), e },
    { kty: 'RSA', n: `${n}==`, e },
    { kty: 'RSA', n: Buffer.from(n!, 'base64url').toString('base64'), e },
    { kty: 'RSA', n, e: text([0, 1, 0, 1]) },
    { kty: 'RSA', n, e: '' },
    { kty: 'RSA', n, e: 65537 },
    { kty: 'RSA', n },
    { kty: 'RSA', n: text(Buffer.alloc(100_000, 255)), e },
    { kty: 'EC', crv: 'P-256', x: text([0, ...bytes(x)]), y },
    { kty: 'EC', crv: 'P-256', x: text(bytes(x).subarray(1)), y },
    { kty: 'EC', crv: 'P-256', x, y: `${y} ` },
    { kty: 'EC', crv: 'P-256', x },
    { kty: 'OKP', crv: 'Ed25519', x: text(Buffer.alloc(33, 9)) },
    { kty: 'OKP', crv: 'Ed25519', x: [] }
  ]
  for (const jwk of wrong) t.equal(fault(jwk), 'malformed', JSON.stringify(jwk).slice(0, 60))
})

t.test('takes no point beside its curve, and none that comes with a certificate and has no coordinates', async t => {
  const { x, y } = jwkOf(p256.publicKey)
  t.equal(fault({ kty: 'EC', crv: 'P-256', x: y, y: x }), 'point')
  t.equal(fault({ kty: 'EC', crv: 'P-256', x: text(Buffer.alloc(32)), y: text(Buffer.alloc(32)) }), 'point')
  const infinity = createPublicKey({
    key: Buffer.from('3019301306072a8648ce3d020106082a8648ce3d03010703020000', 'hex'),
    format: 'der',
    type: 'spki'
  })
  t.equal(weaknessOf(infinity), 'point', 'the point at infinity, which node:crypto takes')
  t.notOk(isKeyFor('ES256', infinity))
})

t.test('reads a key that comes again with every call but once', async t => {
  const jwk = jwkOf(ed25519.publicKey)
  const key = readPublicJwk(jwk)
  t.equal(readPublicJwk({ ...jwk, kid: 'other' }), key)
  t.not(readPublicJwk({ ...jwk, x: jwkOf(generateKeyPairSync('ed25519').publicKey).x }), key)
  const small = { ...jwk, x: text(Buffer.alloc(32)) }
  for (let time = 0; time < 3; time++) t.equal(fault(small), 'point', 'and refuses a bad one each time')
  for (let others = 0; others < 1000; others++) {
    readPublicJwk(jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey))
  }
  t.not(readPublicJwk(jwk), key, 'but does not remember for ever')
})
