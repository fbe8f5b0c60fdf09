import { createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import type { KeyPurpose, Signer } from '../../document/signer.ts'
import type { KeyState } from '../../journeys/keys/ports.ts'
import { instantMillis, isInstant, toInstant } from '../../standards/fhir-time.ts'
import { jwkThumbprint } from '../../standards/jwk-thumbprint.ts'
import { readKeyPlace } from '../pkcs11/key-place.ts'
import type { TokenSigners } from '../pkcs11/token-signers.ts'
import { signerOf } from './signer-of.ts'

const shapes = {
  token: { alg: 'ES384', curve: 'P-384' },
  receipt: { alg: 'ES256', curve: 'P-256' },
  webhook: { alg: 'ES256', curve: 'P-256' },
  document: { alg: 'ES256', curve: 'P-256' },
  log: { alg: 'EdDSA', curve: 'Ed25519' }
} as const satisfies Readonly<Record<KeyPurpose, { alg: Signer['alg']; curve: string }>>

/**
 * A key as it stands in `keys/<purpose>.jwks.json`. The time from which it signs is all that is said of its state: every
 * gateway reads the same from it at the same moment, and no file has to be changed for a key to come into use.
 */
export type KeyEntry = JWK & {
  readonly kid: string
  readonly alg: Signer['alg']
  readonly 'x-purpose': KeyPurpose
  /** instant (UTC) */
  readonly 'x-since': string
  /** where the private key is, if it lies in a token: see `adapters/pkcs11/key-place.ts` */
  readonly 'x-pkcs11'?: unknown
}

/** An entry, ready for use. `signer` is there as long as its private part is. */
export interface Key {
  readonly entry: KeyEntry
  readonly kid: string
  readonly purpose: KeyPurpose
  /** milliseconds since 1970 */
  readonly since: number
  readonly publicKey: KeyObject
  /** as it is published */
  readonly jwk: JWK
  readonly signer: Signer | undefined
}

/** Tokens end after 300 s, and so does the window for webhooks; the rest is for clocks, caches and requests under way. */
const keptAfterMs = 600_000
/** what they signed is verified at once and never again; everything else is evidence for ever */
const passing: readonly KeyPurpose[] = ['token', 'webhook']

/** @returns a fresh key as an entry that signs from then on */
export function freshEntry(purpose: KeyPurpose, since: number): KeyEntry {
  const { curve } = shapes[purpose]
  const pair = curve === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: curve })
  return entryOf(purpose, pair.privateKey.export({ format: 'jwk' }) as JWK, since)
}

/** @param jwk as an earlier version kept it: one private JWK a file, without a name */
export function entryOf(purpose: KeyPurpose, jwk: JWK, since: number): KeyEntry {
  const { alg } = shapes[purpose]
  return { ...jwk, kid: jwkThumbprint(jwk), alg, use: 'sig', 'x-purpose': purpose, 'x-since': toInstant(since) }
}

export const formatKeys = (entries: readonly KeyEntry[]): string => `${JSON.stringify({ keys: entries }, null, 2)}\n`

/**
 * @returns the keys, oldest first, or why they are none; what is in the file is a secret also where it is no key. Each stands
 *   behind those that it follows, whatever the clock said when they were made.
 */
export function readKeys(text: string, purpose: KeyPurpose, tokens: TokenSigners): readonly Key[] | string {
  const set = orUndefined(() => JSON.parse(text) as { readonly keys?: unknown } | null)
  if (!Array.isArray(set?.keys)) return 'holds no set of keys (JWKS)'
  const keys: Key[] = []
  for (const entry of set.keys as readonly KeyEntry[]) {
    const key = readKey(entry, purpose, tokens)
    if (typeof key === 'string') return key
    keys.push(key)
  }
  if (!keys.some(({ signer }) => signer)) return 'holds no private key as JWK'
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) return 'holds two keys of one kid'
  return keys
}

function readKey(entry: KeyEntry, purpose: KeyPurpose, tokens: TokenSigners): Key | string {
  const { alg, curve } = shapes[purpose]
  const publicKey = orUndefined(() => createPublicKey({ key: publicMembers(entry) as JsonWebKey, format: 'jwk' }))
  if (!publicKey) return 'holds no private key as JWK'
  if (entry.crv !== curve || entry.alg !== alg) return `holds a key of another curve than ${curve}`
  const { kid, 'x-purpose': named, 'x-since': since } = entry
  if (named !== purpose || typeof kid !== 'string' || typeof since !== 'string' || !isInstant(since))
    return 'holds a key without kid, x-purpose or x-since'
  const place = entry['x-pkcs11'] === undefined ? undefined : readKeyPlace(entry['x-pkcs11'])
  if (typeof place === 'string') return place
  if (place && isPrivate(entry)) return 'holds a private key beside its place in a token'
  const signer = orUndefined(() => signerOf(entry, tokens))
  if (signer === undefined && isPrivate(entry)) return 'holds no private key as JWK'
  const jwk = { ...(publicKey.export({ format: 'jwk' }) as JWK), kid, alg, use: 'sig', 'x-purpose': purpose }
  return { entry, kid, purpose, since: instantMillis(since), publicKey, jwk, signer }
}

const isPrivate = (entry: KeyEntry): boolean => entry.d !== undefined

/** The entry when nothing can be signed with it any more. */
export function publicMembers(entry: KeyEntry): KeyEntry {
  const { d: _, 'x-pkcs11': _place, ...members } = entry
  return members
}

/** The key that signs. Where its clock is behind, a gateway may find the private part of an older one gone: then the next. */
export function signingKey(keys: readonly Key[], now: number): Key & { readonly signer: Signer } {
  const able = keys.filter(hasSigner)
  return able.findLast(({ since }) => since <= now) ?? able[0]!
}

const hasSigner = (key: Key): key is Key & { readonly signer: Signer } => key.signer !== undefined

export function stateOf(key: Key, keys: readonly Key[], now: number): KeyState {
  const current = signingKey(keys, now)
  if (key === current) return 'current'
  return keys.indexOf(key) > keys.indexOf(current) ? 'next' : 'retired'
}

/** Whether what it signed may still have to be verified. */
export function isPublished(key: Key, keys: readonly Key[], now: number): boolean {
  const replacedAt = Math.min(...keys.slice(keys.indexOf(key) + 1).map(({ since }) => since))
  return !passing.includes(key.purpose) || now < replacedAt + keptAfterMs
}

function orUndefined<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
