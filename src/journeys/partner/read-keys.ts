import type { KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import type { Bilingual } from '../../outcome/issue.ts'
import { type Algorithm, isKeyFor } from '../../standards/jws.ts'
import { type KeyFault, PublicKeyError, readPublicJwk } from '../../standards/public-key.ts'

export interface KeyRules {
  /** path of the set in its file */
  readonly place: string
  /** what a key of the set may sign with */
  readonly algorithms: readonly Algorithm[]
  /** fewest keys */
  readonly least: number
}

const maxKeys = 20

/**
 * Reads a set of public keys (RFC 7517): each with a `kid` of its own and of a kind that signs with one of the algorithms,
 * and none under which signatures prove nothing.
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
  const read = readKey(jwk)
  if (read === 'private') return texts.private
  const { kid, alg } = jwk as Readonly<Record<string, unknown>>
  const isNew = !kids.has(kid)
  kids.add(kid)
  if (typeof kid !== 'string' || kid === '' || kid.length > 200 || !isNew) {
    return { ja: 'kid は鍵ごとに別の文字列にしてください。', en: 'Each key needs a kid of its own.' }
  }
  if (typeof read === 'string' && read !== 'kind') return texts[read]
  const allowed = algorithms.filter(each => alg === undefined || each === alg)
  if (read !== 'kind' && allowed.some(each => isKeyFor(each, read))) return undefined
  const names = algorithms.join(', ')
  return { ja: `${names} のいずれかに合う公開鍵にしてください。`, en: `Give a public key that fits one of ${names}.` }
}

function readKey(jwk: object): KeyObject | KeyFault {
  try {
    return readPublicJwk(jwk)
  } catch (error) {
    if (error instanceof PublicKeyError) return error.kind
    throw error
  }
}

const texts: Readonly<Record<Exclude<KeyFault, 'kind'>, Bilingual>> = {
  private: {
    ja: '秘密鍵です。公開鍵だけを登録し、この鍵は使うのをやめてください。',
    en: 'This is a private key. Register public keys alone, and stop using this one.'
  },
  malformed: {
    ja: '鍵の数値が RFC 7518 の形ではありません(base64url、余分な 0 なし、曲線に合う長さ)。',
    en: 'Its numbers are not written as RFC 7518 has it: base64url, no zeros before them, as long as the curve wants.'
  },
  length: { ja: 'RSA は 2048〜8192 ビットにしてください。', en: 'RSA keys have 2048 to 8192 bits.' },
  exponent: {
    ja: 'RSA の公開指数 e は 65537 以上 2⁶⁴ 未満の奇数にしてください。',
    en: 'The public exponent of RSA is odd, from 65537 and below 2⁶⁴.'
  },
  modulus: {
    ja: 'この RSA の法は容易に素因数分解できます。鍵を作り直してください。',
    en: 'This RSA modulus is easily taken apart. Make a new key.'
  },
  point: {
    ja: '曲線の正しい点ではありません。この鍵では誰でも署名を作れます。',
    en: 'This is no proper point of its curve; under such a key anybody can sign.'
  }
}
