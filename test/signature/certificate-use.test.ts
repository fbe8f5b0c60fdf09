import { createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { VectorFile } from '../../fixtures/jose/vector.ts'
import { weaknessOfKeys } from '../../src/signature/certificate-use.ts'
import type { Algorithm } from '../../src/standards/jws.ts'

/** A key of the negative vectors, as node:crypto takes it from a certificate. */
function weakKey(alg: Algorithm, name: string): KeyObject {
  const path = join(import.meta.dirname, `../../fixtures/jose/negative/${alg}.json`)
  const key = (JSON.parse(readFileSync(path, 'utf8')) as VectorFile).keys[name]!
  if (!('spki' in key)) return createPublicKey({ key: key as JsonWebKey, format: 'jwk' })
  return createPublicKey({ key: Buffer.from(`${key.spki}`, 'base64'), format: 'der', type: 'spki' })
}

t.test('no path leads over a key under which anybody can sign', async t => {
  const good = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
  const weak: readonly (readonly [Algorithm, string])[] = [
    ['RS256', 'exponent-1'],
    ['RS256', 'exponent-3'],
    ['RS256', 'modulus-of-2047-bits'],
    ['RS256', 'factors-close'],
    ['RS256', 'factors-of-roca'],
    ['ES256', 'infinity'],
    ['ES384', 'base-point'],
    ['EdDSA', 'order-8'],
    ['EdDSA', 'mixed']
  ]
  for (const [alg, name] of weak)
    t.match(weaknessOfKeys([good, weakKey(alg, name)]), /RSA key|anybody/, `${alg} ${name}`)
})

t.test('an authority may have a key of a kind that signs nothing here', async t => {
  const keys = [
    generateKeyPairSync('ec', { namedCurve: 'P-521' }),
    generateKeyPairSync('rsa', { modulusLength: 4096 }),
    generateKeyPairSync('rsa-pss', { modulusLength: 2048 }),
    generateKeyPairSync('ed25519')
  ]
  t.equal(weaknessOfKeys(keys.map(({ publicKey }) => publicKey)), undefined)
})
