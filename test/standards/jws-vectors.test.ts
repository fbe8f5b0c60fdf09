import { constants, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { VectorFile, VectorKey } from '../../fixtures/jose/vector.ts'
import {
  type Algorithm,
  algorithms,
  isKeyFor,
  JwsError,
  parseCompact,
  verifySignature
} from '../../src/standards/jws.ts'
import { PublicKeyError, readPublicJwk, weaknessOf } from '../../src/standards/public-key.ts'

const folder = join(import.meta.dirname, '../../fixtures/jose')
const read = (path: string): unknown => JSON.parse(readFileSync(join(folder, path), 'utf8'))

/** Asks as the gateway does: text, then key, then signature. @returns `verified`, or where it stops and with what */
function ask(jws: string, key: VectorKey, allowed: readonly Algorithm[] = algorithms): string {
  let parsed: ReturnType<typeof parseCompact>
  try {
    parsed = parseCompact(jws, { algorithms: allowed })
  } catch (error) {
    if (error instanceof JwsError) return `text: ${error.kind}`
    throw error
  }
  const { alg } = parsed.header
  const known = readKey(key)
  if (typeof known === 'string') return `key: ${known}`
  const holds = verifySignature(alg, parsed.signingInput, parsed.signature, known)
  if (!isKeyFor(alg, known))
    return holds ? 'verified with a key that is not for it' : `key: ${weaknessOf(known) ?? 'algorithm'}`
  return holds ? 'verified' : 'signature'
}

/** @returns what is wrong with it, where it is none to rely on */
function readKey(key: VectorKey): KeyObject | string {
  try {
    if (!('spki' in key)) return readPublicJwk(key)
    return createPublicKey({ key: Buffer.from(`${key.spki}`, 'base64'), format: 'der', type: 'spki' })
  } catch (error) {
    if (error instanceof PublicKeyError) return error.kind
    throw error
  }
}

interface Serialised {
  readonly payload?: string
  readonly protected?: string
  readonly signature?: string
  readonly signatures?: readonly Serialised[]
}

interface Example {
  readonly input: { readonly key?: JsonWebKey | readonly JsonWebKey[]; readonly payload?: string }
  readonly output: { readonly compact?: string; readonly json?: Serialised; readonly json_flat?: Serialised }
}

interface PublishedKey extends JsonWebKey {
  readonly kty: string
}

interface Item {
  readonly path: string
  readonly data: PublishedKey | Example | { readonly sign: Example; readonly encrypt: Example }
}

/** One thing that a published example lets us ask. */
interface Question {
  readonly name: string
  readonly jws: string
  readonly key: JsonWebKey
  /** the answer that is right, and why it is no `verified` */
  readonly answer: string
  readonly why: string
}

const { items } = read('rfc7520-8037-7797.json') as { readonly items: readonly Item[] }

/** Every output of an example: its compact form as it is, each signature of its JSON forms put together as a compact one. */
function questionsOf({ path, data }: Item): readonly Question[] {
  if ('kty' in data) return []
  const examples = 'sign' in data ? [data.sign, data.encrypt] : [data]
  return examples.flatMap(({ input, output: { compact, json, json_flat: flat } }) => {
    const keys: readonly (JsonWebKey | undefined)[] = [input.key].flat()
    const asked = (form: string, jws: string, key = keys[0]): Question => ({
      name: `${path} ${form}`,
      jws,
      key: publicHalf(key),
      ...expected(jws)
    })
    const joined = ({ protected: header = '', signature = '' }: Serialised, payload = '') =>
      `${header}.${payload}.${signature}`
    return [
      ...(compact === undefined ? [] : [asked('compact', compact)]),
      ...(json === undefined
        ? []
        : (json.signatures?.map((each, place) => asked(`json ${place}`, joined(each, json.payload), keys[place])) ?? [
            asked('json', JSON.stringify(json))
          ])),
      ...(flat === undefined
        ? []
        : [asked('flattened', flat.signature === undefined ? JSON.stringify(flat) : joined(flat, flat.payload))])
    ]
  })
}

/** None where the key comes from a password. */
const publicHalf = ({ kty, crv, x, y, n, e, k }: JsonWebKey = {}): JsonWebKey =>
  JSON.parse(JSON.stringify({ kty, crv, x, y, n, e, k }))

/** What is right, from the example alone. */
function expected(jws: string): { readonly answer: string; readonly why: string } {
  const parts = jws.split('.')
  if (jws.startsWith('{') || parts.length === 5)
    return { answer: 'text: malformed', why: 'encrypted: not a JWS in three parts' }
  if (parts.length > 3) return { answer: 'text: malformed', why: 'a payload as it is (b64: false) with a dot in it' }
  if (parts[0] === '')
    return { answer: 'text: malformed', why: 'no protected header: nothing that was signed says the algorithm' }
  if (parts[1] === '') return { answer: 'text: malformed', why: 'detached content: not taken for a JWS of nothing' }
  const { alg } = JSON.parse(Buffer.from(parts[0]!, 'base64url').toString()) as { alg: string }
  if (alg.startsWith('HS')) return { answer: 'text: algorithm', why: 'HMAC: whoever verifies could sign' }
  if (alg === 'ES512' || alg === 'PS384')
    return { answer: 'text: algorithm', why: `${alg}: not an algorithm of this gateway` }
  return { answer: 'verified', why: '' }
}

t.test(
  'verifies the signatures of RFC 7520, 8037 and 7797 that it knows, and says of the others why it does not',
  async t => {
    const questions = items.flatMap(questionsOf)
    const answers = questions.map(({ name, jws, key, answer, why }) => {
      const given = ask(jws, key)
      t.equal(given, answer, why ? `${name}: refused, ${why}` : name)
      return given
    })
    const verified = answers.filter(answer => answer === 'verified').length
    const refused = answers.length - verified
    const reasons = Map.groupBy(
      questions.filter(({ why }) => why),
      ({ why }) => why
    )
    for (const [why, of] of reasons) t.comment(`${of.length} refused: ${why}`)
    t.comment(
      `${answers.length} published signatures and encryptions: ${verified} verified, ${refused} refused, 0 skipped`
    )
    t.equal(items.length, 32)
    t.same([verified, refused], [8, 63])
    t.equal(
      new Set(questions.flatMap(({ name, why }) => (why ? [] : name.split(' ')[0]!))).size,
      4,
      'RS256, PS256, EdDSA, and one of three'
    )
  }
)

t.test('takes of the published keys those that are public and of a kind that signs here', async t => {
  const keys = items.filter((item): item is Item & { readonly data: PublishedKey } => 'kty' in item.data)
  const answers = keys.map(({ path, data }) => {
    const known = readKey(data)
    return [path, typeof known === 'string' ? known : 'taken']
  })
  t.same(Object.fromEntries(answers), {
    'jwk/3_1.ec_public_key.json': 'kind',
    'jwk/3_2.ec_private_key.json': 'private',
    'jwk/3_3.rsa_public_key.json': 'taken',
    'jwk/3_4.rsa_private_key.json': 'private',
    'jwk/3_5.symmetric_key_mac_computation.json': 'private',
    'jwk/3_6.symmetric_key_encryption.json': 'private'
  })
  t.comment(`${keys.length} published keys: 1 taken, ${keys.length - 1} refused, 0 skipped`)
})

t.test('verifies the ES256 example of RFC 7515', async t => {
  const { key, compact } = read('rfc7515-a3.json') as { key: JsonWebKey; compact: string }
  t.equal(ask(compact, key), 'verified')
})

t.test('there is a file of negative vectors for each algorithm', async t => {
  t.same(readdirSync(join(folder, 'negative')).sort(), algorithms.map(alg => `${alg}.json`).sort())
})

for (const alg of algorithms) {
  t.test(`${alg}: refuses every negative vector where it is meant to be`, async t => {
    const { keys, controls, refused } = read(`negative/${alg}.json`) as VectorFile
    for (const { name, why, key, jws } of controls)
      t.equal(ask(jws, keys[key]!, [alg]), 'verified', `${name} holds: ${why}`)
    for (const { name, why, stage, fault, key, jws } of refused) {
      const answer = fault === undefined ? stage : `${stage}: ${fault}`
      t.equal(ask(jws, keys[key]!, [alg]), answer, `${name}: ${why}`)
    }
    const names = refused.map(({ name }) => name)
    t.equal(new Set(names).size, names.length, 'each has a name of its own')
    t.ok(
      refused.every(({ why }) => why !== ''),
      'and a reason'
    )
    const stages = Map.groupBy(refused, ({ stage }) => stage)
    const counts = [...stages].map(([stage, of]) => `${of.length} by ${stage}`).join(', ')
    const lenient = refused.filter(({ key, jws }) => nodeAlone(alg, jws, keys[key]!)).length
    t.comment(`${alg}: ${refused.length} negative vectors: ${counts}; 0 skipped; ${controls.length} controls verified`)
    t.comment(`${alg}: ${lenient} of them hold for node:crypto alone, which reads leniently`)
    t.ok(lenient > 0, 'the vectors are sharp: node:crypto alone takes some of them')
  })
}

/** What a verifier would say that leaves everything to node:crypto. */
function nodeAlone(alg: Algorithm, jws: string, jwk: VectorKey): boolean {
  const [header = '', payload = '', signature = ''] = jws.split('.')
  try {
    const key =
      'spki' in jwk
        ? createPublicKey({ key: Buffer.from(`${jwk.spki}`, 'base64'), format: 'der', type: 'spki' })
        : createPublicKey({ key: jwk, format: 'jwk' })
    const options = alg.startsWith('ES')
      ? { key, dsaEncoding: 'ieee-p1363' as const }
      : alg === 'PS256'
        ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
        : { key }
    const hash = alg === 'EdDSA' ? null : `sha${alg.slice(2)}`
    return verify(hash, Buffer.from(`${header}.${payload}`), options, Buffer.from(signature, 'base64url'))
  } catch {
    return false
  }
}
