import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes
} from 'node:crypto'
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

/** Files that are no keys, or that others can read: which and why, one a problem, never what is in them. */
export class KeyFileError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'KeyFileError'
    this.problems = problems
  }
}

/** Opens the gateway's keys and the master key; missing ones are made, all that is wrong is told at once. */
export function openKeys(home: string, masterKeyFile: string) {
  const problems: string[] = []
  const opened = <Value>(open: () => Value): Value | undefined => {
    try {
      return open()
    } catch (error) {
      if (!(error instanceof KeyFileError)) throw error
      problems.push(...error.problems)
      return undefined
    }
  }
  const own = opened(() => openHomeKeys(home))
  const master = opened(() => openMasterKey(masterKeyFile))
  if (!own || !master) throw new KeyFileError(problems)
  return { keys: own.keys, master: master.key, made: master.made ? [...own.made, masterKeyFile] : own.made }
}

/**
 * The gateway's keys as files of its home, one JWK a purpose, mode 0600; missing ones are made.
 * @returns the keys, and the files that were made just now
 * @throws KeyFileError where others can read a key file, or where it holds no key for its purpose
 */
export function openHomeKeys(home: string): { keys: GatewayKeys; made: readonly string[] } {
  const made: string[] = []
  const problems: string[] = []
  const found = (Object.keys(purposes) as KeyPurpose[]).map(purpose => {
    const file = join(home, 'keys', `${purpose}.jwk.json`)
    const { curve } = purposes[purpose]
    if (!existsSync(file)) {
      const pair =
        curve === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: curve })
      if (writeOnce(file, `${JSON.stringify(pair.privateKey.export({ format: 'jwk' }))}\n`)) made.push(file)
    }
    const read = readKey(file, curve)
    if (typeof read === 'string') problems.push(`${file}: ${read}`)
    return { purpose, read }
  })
  if (problems.length > 0) throw new KeyFileError(problems)
  const entries = found.map(({ purpose, read }) => {
    const { alg } = purposes[purpose]
    const privateKey = read as KeyObject
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
  if (isOpenToOthers(file)) throw new KeyFileError([`${file}: ${openToOthers}`])
  const key = orUndefined(() => decodeBase64url(readFileSync(file, 'utf8').trim()))
  if (key?.length !== 32) throw new KeyFileError([`${file}: a master key is 32 bytes as base64url`])
  return { key, made }
}

const openToOthers = 'others can read it; set its mode to 0600'

/** @returns the private key, or why there is none; what is in the file is a secret also where it is no key */
function readKey(file: string, curve: string): KeyObject | string {
  if (isOpenToOthers(file)) return openToOthers
  const jwk = orUndefined(() => JSON.parse(readFileSync(file, 'utf8')) as JWK)
  const key = orUndefined(() => createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' }))
  if (!key) return 'holds no private key as JWK'
  return jwk?.crv === curve ? key : `holds a key of another curve than ${curve}`
}

const isOpenToOthers = (file: string): boolean => (statSync(file).mode & 0o077) !== 0

function orUndefined<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
