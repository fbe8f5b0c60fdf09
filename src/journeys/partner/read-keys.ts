import { createPublicKey, type JsonWebKey } from 'node:crypto'
import type { JWK } from 'jose'
import type { Bilingual } from '../../outcome/issue.ts'
import { type Algorithm, isKeyFor } from '../../standards/jws.ts'

export interface KeyRules {
  /** path of the set in its file */
  readonly place: string
  /** what a key of the set may sign with */
  readonly algorithms: readonly Algorithm[]
  /** fewest keys */
  readonly least: number
}

const maxKeys = 20

/** Members of private and symmetric keys (RFC 7518 section 6); whoever sends one has given it away. */
const secrets = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * Reads a set of public keys (RFC 7517): each with a `kid` of its own and of a kind that signs with one of the algorithms.
 * @param note told every fault with its place
 * @returns undefined for what is no such set; faults of single keys are told alone
 */
export function readKeys(
  value: unknown,
  { place, algorithms, least }: KeyRules,
  note: (place: string, text: Bilingual) => void
): { readonly keys: readonly JWK[] } | undefined {
  const keys: unknown = (value as { keys?: unknown } | null | undefined)?.keys
  if (!Array.isArray(keys) || keys.length < least || keys.length > maxKeys) {
    note(place, {
      ja: `keys に公開鍵(JWK)を ${least} 個以上 ${maxKeys} 個以下書いてください。`,
      en: `List ${least} to ${maxKeys} public keys (JWK) in keys.`
    })
    return undefined
  }
  const kids = new Set<unknown>()
  for (const [index, jwk] of keys.entries()) {
    const text = faultOf(jwk, kids, algorithms)
    if (text) note(`${place}.keys[${index}]`, text)
  }
  return { keys: keys as readonly JWK[] }
}

function faultOf(jwk: unknown, kids: Set<unknown>, algorithms: readonly Algorithm[]): Bilingual | undefined {
  if (typeof jwk !== 'object' || jwk === null) return { ja: 'JWK ではありません。', en: 'This is no JWK.' }
  if (secrets.some(name => Object.hasOwn(jwk, name))) {
    return {
      ja: '秘密鍵です。公開鍵だけを登録し、この鍵は使うのをやめてください。',
      en: 'This is a private key. Register public keys alone, and stop using this one.'
    }
  }
  const { kid, alg } = jwk as Readonly<Record<string, unknown>>
  const isNew = !kids.has(kid)
  kids.add(kid)
  if (typeof kid !== 'string' || kid === '' || kid.length > 200 || !isNew) {
    return { ja: 'kid は鍵ごとに別の文字列にしてください。', en: 'Each key needs a kid of its own.' }
  }
  const allowed = algorithms.filter(each => alg === undefined || each === alg)
  if (allowed.some(each => isUsable(each, jwk as JsonWebKey))) return undefined
  const names = algorithms.join(', ')
  return {
    ja: `${names} のいずれかに合う公開鍵にしてください(RSA は 2048 ビット以上)。`,
    en: `Give a public key that fits one of ${names} (RSA: at least 2048 bits).`
  }
}

function isUsable(alg: Algorithm, jwk: JsonWebKey): boolean {
  try {
    return isKeyFor(alg, createPublicKey({ key: jwk, format: 'jwk' }))
  } catch {
    return false // what Node cannot read as a key is none
  }
}
