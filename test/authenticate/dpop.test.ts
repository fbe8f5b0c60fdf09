import { constants, createHmac, generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { base64url } from 'jose'
import t from 'tap'
import { judgeProof, type ProofContext, ProofError, proofAlgorithms } from '../../src/authenticate/dpop.ts'
import { proofNonces } from '../../src/authenticate/dpop-nonce.ts'
import { hmacSha256 } from '../../src/standards/hmac.ts'
import { DpopKey, type Proving } from '../parties/dpop-key.ts'
import { issuer, now, seconds } from './hospital.ts'

const noncesBy = (secret: string) =>
  proofNonces(text => hmacSha256(Buffer.from(secret.padEnd(32)), text).toString('base64url'))
const nonces = noncesBy('ours')
const token = 'header.claims.signature'
const context: ProofContext = {
  method: 'GET',
  uri: `${issuer}/fhir/Bundle/1?_format=json`,
  now,
  nonces,
  accessToken: token
}
const right: Proving = { method: 'GET', uri: `${issuer}/fhir/Bundle/1`, at: seconds, nonce: nonces.at(now), token }
const key = new DpopKey()
const prove = (change: Partial<Proving> = {}, by = key) => by.prove({ ...right, ...change })

/** the error, or `taken` */
function judged(proof: string | readonly string[], change: Partial<ProofContext> = {}): string {
  try {
    judgeProof(typeof proof === 'string' ? [proof] : proof, { ...context, ...change })
    return 'taken'
  } catch (error) {
    if (error instanceof ProofError) return `${error.error} ${error.message}`
    throw error
  }
}

t.test('takes a proof of each algorithm, and names the key as RFC 7638 does', async t => {
  for (const alg of proofAlgorithms) {
    const other = new DpopKey(alg)
    const proof = judgeProof([prove({}, other)], context)
    t.equal(proof.jkt, await other.jkt(), alg)
    t.ok(proof.replay.expiresAt >= now + 60_000 && proof.replay.expiresAt <= now + 200_000)
  }
  t.equal(
    judged(prove({ method: 'POST', uri: `${issuer}/oauth2/token`, token: undefined }), {
      method: 'POST',
      uri: `${issuer}/oauth2/token`,
      accessToken: undefined
    }),
    'taken'
  )
})

t.test('the example of RFC 9449 is read as its authors read it, but for the nonce that it lacks', async t => {
  const proof =
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg'
  const asked = { method: 'POST', uri: 'https://server.example.com/token', accessToken: undefined, now: 1562262616_000 }
  // everything else is looked at before the nonce is
  t.match(judged(proof, asked), /^use_dpop_nonce/)
  t.match(judged(proof.replace(/.$/, 'A'), asked), /^invalid_dpop_proof/)
  t.match(judged(proof, { ...asked, method: 'GET' }), /^invalid_dpop_proof htm/)
})

t.test('refuses a proof that is for something else', async t => {
  const wrong: Readonly<Record<string, Partial<Proving>>> = {
    'another method': { method: 'POST' },
    'a method in small letters': { method: 'get' },
    'another path': { uri: `${issuer}/fhir/Bundle/2` },
    'another host': { uri: 'https://other.example/fhir/Bundle/1' },
    'another scheme': { uri: `${issuer.replace('https', 'http')}/fhir/Bundle/1` },
    'another port': { uri: `${issuer}:8443/fhir/Bundle/1` },
    'a user name before the host': { uri: issuer.replace('//', '//u@').concat('/fhir/Bundle/1') },
    'a path alone': { uri: '/fhir/Bundle/1' },
    'another token': { token: `${token}x` },
    'no token': { token: undefined },
    'no method': { claims: { htm: undefined } },
    'no address': { claims: { htu: undefined } },
    'an address that is a list': { claims: { htu: [right.uri] } },
    'no jti': { claims: { jti: undefined } },
    'an empty jti': { claims: { jti: '' } },
    'a jti that is a number': { claims: { jti: 1 } },
    'a long jti': { claims: { jti: 'j'.repeat(257) } },
    'no time': { claims: { iat: undefined } },
    'a time as text': { claims: { iat: String(seconds) } },
    'two minutes ago': { at: seconds - 120 },
    'in a minute': { at: seconds + 60 }
  }
  for (const [what, change] of Object.entries(wrong)) t.match(judged(prove(change)), /^invalid_dpop_proof/, what)
  t.equal(judged(prove({ at: seconds - 100 })), 'taken', 'clocks may differ')
  t.equal(judged(prove({ at: seconds + 20 })), 'taken')
})

t.test('compares addresses as RFC 3986 does, without query and fragment', async t => {
  const uri = `${issuer}/fhir/Bundle/a~b%2Fc`
  for (const same of [
    uri,
    `${uri}?_format=xml`,
    `${uri}#here`,
    `${uri}?identifier=https://x.example|1&_sort="`,
    `${issuer.toUpperCase()}/fhir/Bundle/a~b%2Fc`,
    `${issuer}:443/fhir/Bundle/a~b%2Fc`,
    `${issuer}/fhir/./x/../Bundle/a%7eb%2fc`,
    `${issuer}/%66hir/Bundle/a~b%2Fc`
  ]) {
    t.equal(judged(prove({ uri: same }), { uri: `${uri}?identifier=urn:oid:1.3.188|x` }), 'taken', same)
  }
  for (const other of [
    `${issuer}/fhir/Bundle/a~b/c`,
    `${uri}/`,
    ` ${uri}`,
    uri.replace('/fhir', '\\fhir'),
    `${uri}\t`
  ]) {
    t.match(judged(prove({ uri: other }), { uri }), /^invalid_dpop_proof htu/, other)
  }
})

t.test('refuses a nonce that is missing, of another time, of another gateway or made up', async t => {
  const minute = 60_000
  for (const nonce of [
    undefined,
    '',
    'made-up',
    nonces.at(now - 2 * minute),
    nonces.at(now + 2 * minute),
    noncesBy('theirs').at(now),
    `${nonces.at(now)}x`
  ]) {
    t.match(judged(prove({ nonce })), /^use_dpop_nonce/, `${nonce}`)
  }
  t.match(judged(prove({ claims: { nonce: [nonces.at(now)] } })), /^use_dpop_nonce/)
  t.equal(judged(prove({ nonce: nonces.at(now - minute) })), 'taken', 'one that was handed out a minute ago')
  t.equal(judged(prove({ nonce: nonces.at(now + minute) })), 'taken', 'by a gateway whose clock is ahead')
})

t.test('refuses keys that are none, weak, secret, or not for the algorithm', async t => {
  const rsa = (bits: number, publicExponent = 65_537) =>
    generateKeyPairSync('rsa', { modulusLength: bits, publicExponent })
  const signedBy = (pair: ReturnType<typeof rsa>) => (input: string) =>
    sign('sha256', Buffer.from(input), {
      key: pair.privateKey,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: 32
    })
  const small = rsa(1024)
  const three = rsa(2048, 3)
  const jwkOf = (pair: { publicKey: { export(o: { format: 'jwk' }): object } }) =>
    pair.publicKey.export({ format: 'jwk' })
  const { x, y, ...others } = key.publicJwk as Record<string, string>
  const smallOrder = { kty: 'OKP', crv: 'Ed25519', x: base64url.encode(Buffer.alloc(32, 0).fill(1, 0, 1)) }
  const identitySignature = base64url.encode(Buffer.alloc(64, 0).fill(1, 0, 1))
  const [head, body] = prove({ header: { alg: 'EdDSA', jwk: smallOrder } }).split('.')
  const wrong: Readonly<Record<string, string | Partial<Proving>>> = {
    'no key': { header: { jwk: undefined } },
    'a kid instead': { header: { jwk: undefined, kid: 'client-1' } },
    'its private key': { header: { jwk: key.privateJwk } },
    'another key': { header: { jwk: new DpopKey().publicJwk } },
    'a symmetric key': { header: { jwk: { kty: 'oct', k: 'AAAA' } } },
    'a list of keys': { header: { jwk: [key.publicJwk] } },
    'a key of another curve': { header: { jwk: new DpopKey('ES384').publicJwk } },
    'a key for another algorithm': { header: { jwk: { ...key.publicJwk, alg: 'ES384' } } },
    'a point that is not on the curve': { header: { jwk: { ...others, x: y, y: x } } },
    'a key that is spelt otherwise': { header: { jwk: { ...key.publicJwk, x: `${x}=` } } },
    'a short RSA key': { header: { alg: 'PS256', jwk: jwkOf(small) }, by: signedBy(small) },
    'an RSA key with exponent 3': { header: { alg: 'PS256', jwk: jwkOf(three) }, by: signedBy(three) },
    'an RSA key of 8200 bits': {
      header: { alg: 'PS256', jwk: { kty: 'RSA', e: 'AQAB', n: base64url.encode(Buffer.alloc(1025, 255)) } }
    },
    'a point of small order': `${head}.${body}.${identitySignature}`
  }
  for (const [what, change] of Object.entries(wrong)) {
    t.match(
      judged(typeof change === 'string' ? change : prove(change)),
      /^invalid_dpop_proof (?:jwk|The signature)/,
      what
    )
  }
})

t.test('refuses what is no proof: other types, no or symmetric signatures, extensions, several of them', async t => {
  for (const typ of [undefined, 'JWT', 'at+jwt', 'DPOP+JWT', 'application/dpop+jwt']) {
    t.match(judged(prove({ header: { typ } })), /^invalid_dpop_proof typ/, `${typ}`)
  }
  const [head, body, signature] = prove().split('.') as [string, string, string]
  const header = (change: object) =>
    base64url.encode(JSON.stringify({ alg: 'ES256', typ: 'dpop+jwt', jwk: key.publicJwk, ...change }))
  const hmac = prove({
    header: { alg: 'HS256' },
    by: input => createHmac('sha256', JSON.stringify(key.publicJwk)).update(input).digest()
  })
  const rs256 = prove({}, new DpopKey('RS256'))
  const duplicated = base64url.encode(
    JSON.stringify({ typ: 'dpop+jwt', jwk: key.publicJwk }).replace('{', '{"alg":"none","alg":"ES256",')
  )
  const wrong: Readonly<Record<string, string | readonly string[]>> = {
    nothing: [],
    'two of them': [prove(), prove()],
    'the same one twice': Array(2).fill(`${head}.${body}.${signature}`),
    'two in one field': `${head}.${body}.${signature}, ${head}.${body}.${signature}`,
    'alg none': `${header({ alg: 'none' })}.${body}.`,
    'alg none, signed': `${header({ alg: 'none' })}.${body}.${signature}`,
    'an HMAC under the public key': hmac,
    RS256: rs256,
    'alg twice': `${duplicated}.${body}.${signature}`,
    'an extension that nobody knows': prove({ header: { crit: ['exp'], exp: 1 } }),
    'an unencoded payload': `${header({ crit: ['b64'], b64: false })}.${body}.${signature}`,
    'no signature': `${head}.${body}.`,
    'two parts': `${head}.${body}`,
    'an empty field': '',
    'more than can be': 'a'.repeat(5000),
    'a header of many members': `${header({ padding: 'x'.repeat(4000) })}.${body}.${signature}`
  }
  for (const [what, proof] of Object.entries(wrong)) t.match(judged(proof), /^invalid_dpop_proof/, what)
})

t.test('the same proof has the same name, another key or jti another one', async t => {
  const named = async (change: Partial<Proving>, by = key) => judgeProof([prove(change, by)], context).replay.key
  const claims = { jti: 'once' }
  t.equal(await named({ claims }), await named({ claims, at: seconds - 1 }))
  t.not(await named({ claims }), await named({ claims: { jti: 'twice' } }))
  t.not(await named({ claims }), await named({ claims }, new DpopKey()))
})

t.test('never takes a proof of which a character was changed, added or removed', async t => {
  const proof = prove()
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ']
  fc.assert(
    fc.property(fc.nat(proof.length - 1), fc.constantFrom(...letters, ''), fc.boolean(), (place, letter, isAdded) => {
      const changed = proof.slice(0, place) + letter + proof.slice(isAdded ? place : place + 1)
      return changed === proof || judged(changed) !== 'taken'
    }),
    { numRuns: 500 }
  )
  t.equal(judged(proof), 'taken')
})

t.test('answers whatever claims and header with a verdict, and never repeats them', async t => {
  const anything = fc.jsonValue({ maxDepth: 2 })
  const verdict = /^(?:invalid_dpop_proof|use_dpop_nonce) [A-Za-z][\w .,;+-]*\.$/
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('jti', 'htm', 'htu', 'iat', 'nonce', 'ath'), anything, { minKeys: 2 }),
      fc.dictionary(fc.constantFrom('typ', 'kid', 'alg', 'jwk', 'x5c', 'crit'), anything),
      (claims, header) => verdict.test(judged(prove({ claims, header })))
    ),
    { numRuns: 500 }
  )
  t.equal(judged(prove({ header: { kid: 'ignored', jku: 'https://elsewhere.example' } })), 'taken')
})
