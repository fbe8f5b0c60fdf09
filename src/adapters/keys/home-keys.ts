import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { JWK } from 'jose'
import type { Signer } from '../../document/signer.ts'
import { decodeBase64url, encodeBase64url } from '../../standards/base64url.ts'
import { jwkThumbprint } from '../../standards/jwk-thumbprint.ts'
import { signInput } from '../../standards/jws.ts'
import { writeOnce } from './write-once.ts'

/** What each key of the gateway signs. One key a purpose, so that none can be passed off as another. */
const purposes = {
  token: { alg: 'ES384', curve: 'P-384' },
  receipt: { alg: 'ES256', curve: 'P-256' },
  webhook: { alg: 'ES256', curve: 'P-256' },
  document: { alg: 'ES256', curve: 'P-256' },
  log: { alg: 'EdDSA', curve: 'Ed25519' }
} as const
export type KeyPurpose = keyof typeof purposes

export interface GatewayKeys {
  readonly signers: Readonly<Record<KeyPurpose, Signer>>
  /** public keys with `x-purpose`, as served at /.well-known/jwks.json */
  readonly jwks: { readonly keys: readonly JWK[] }
  readonly publicKeys: Readonly<Record<KeyPurpose, { readonly kid: string; readonly key: KeyObject }>>
}

export class KeyFileError extends Error {}

/**
 * The gateway's keys as files of its home, one JWK a purpose, mode 0600; missing ones are made.
 * @returns the keys, and the files that were made just now
 * @throws KeyFileError where others can read a key file
 */
export function openHomeKeys(home: string): { keys: GatewayKeys; made: readonly string[] } {
  const made: string[] = []
  const entries = (Object.keys(purposes) as KeyPurpose[]).map(purpose => {
    const file = join(home, 'keys', `${purpose}.jwk.json`)
    const { alg, curve } = purposes[purpose]
    if (!existsSync(file)) {
      const pair =
        curve === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: curve })
      if (writeOnce(file, `${JSON.stringify(pair.privateKey.export({ format: 'jwk' }))}\n`)) made.push(file)
    }
    const privateKey = createPrivateKey({ key: JSON.parse(readSecret(file)), format: 'jwk' })
    const key = createPublicKey(privateKey)
    const jwk = key.export({ format: 'jwk' }) as JWK
    const kid = jwkThumbprint(jwk)
    const signer: Signer = { alg, kid, sign: input => signInput(alg, input, privateKey) }
    return [purpose, { signer, key, jwk: { ...jwk, kid, alg, use: 'sig', 'x-purpose': purpose } }] as const
  })
  const of = Object.fromEntries(entries) as Record<KeyPurpose, (typeof entries)[number][1]>
  const pick = <Value>(value: (entry: (typeof entries)[number][1]) => Value) =>
    Object.fromEntries(entries.map(([purpose, entry]) => [purpose, value(entry)])) as Record<KeyPurpose, Value>
  return {
    keys: {
      signers: pick(({ signer }) => signer),
      jwks: { keys: Object.values(of).map(({ jwk }) => jwk) },
      publicKeys: pick(({ signer, key }) => ({ kid: signer.kid, key }))
    },
    made
  }
}

/** The master key: 32 bytes as base64url in a file of mode 0600; made where missing. */
export function openMasterKey(file: string): { key: Uint8Array; made: boolean } {
  const made = !existsSync(file) && writeOnce(file, `${encodeBase64url(randomBytes(32))}\n`)
  const key = decodeBase64url(readSecret(file).trim())
  if (key.length !== 32) throw new KeyFileError(`${file}: a master key has 32 bytes`)
  return { key, made }
}

function readSecret(file: string): string {
  if ((statSync(file).mode & 0o077) !== 0) throw new KeyFileError(`${file}: others can read it; set its mode to 0600`)
  return readFileSync(file, 'utf8')
}
