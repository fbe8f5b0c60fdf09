import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import {
  type CompactJWSHeaderParameters,
  CompactSign,
  compactVerify,
  FlattenedSign,
  flattenedVerify,
  type JWK
} from 'jose'
import t from 'tap'
import { decodeBase64url, encodeBase64url } from '../../src/standards/base64url.ts'
import { derToRaw, rawToDer } from '../../src/standards/ecdsa-signature.ts'
import {
  type Algorithm,
  algorithms,
  detachedInput,
  isKeyFor,
  JwsError,
  type JwsHeader,
  parseCompact,
  parseDetached,
  sign,
  signDetached,
  signInput,
  signingInput,
  verifySignature
} from '../../src/standards/jws.ts'

interface Pair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const keys: Readonly<Record<Algorithm, Pair>> = {
  RS256: rsa,
  RS384: rsa,
  PS256: rsa,
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  EdDSA: generateKeyPairSync('ed25519')
}
const payload = Buffer.from('{"診断":"なし"}')
const every = { algorithms }

const vector = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/jose/${name}`, import.meta.url), 'utf8'))

interface Example {
  readonly path: string
  readonly data: {
    readonly input: { readonly key: JWK; readonly payload: string }
    readonly output: { readonly compact: string }
  }
}
const cookbook = (vector('rfc7520-8037-7797.json') as { items: readonly Example[] }).items
const example = (path: string): Example['data'] => {
  const found = cookbook.find(item => item.path === path)
  if (found === undefined) throw new Error(path)
  return found.data
}
const publicKey = (jwk: object): KeyObject => createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })

const refused = (text: string, rules: Parameters<typeof parseCompact>[1] = every): string => {
  try {
    parseCompact(text, rules)
  } catch (error) {
    if (error instanceof JwsError) return error.kind
    throw error
  }
  return 'accepted'
}

t.test('verifies and makes again the examples of RFC 7520 and RFC 8037', async t => {
  for (const path of ['jws/4_1.rsa_v15_signature.json', 'curve25519/jws.json']) {
    const { input, output } = example(path)
    const jws = parseCompact(output.compact, every)
    t.equal(Buffer.from(jws.payload).toString(), input.payload, path)
    t.ok(verifySignature(jws.header.alg, jws.signingInput, jws.signature, publicKey(input.key)), path)
    const privateKey = createPrivateKey({ key: input.key as JsonWebKey, format: 'jwk' })
    t.equal(sign(jws.header, jws.payload, privateKey), output.compact, `${path}, signed again`)
  }
})

t.test('verifies the ES256 example of RFC 7515', async t => {
  const { key, compact } = vector('rfc7515-a3.json')
  const jws = parseCompact(compact, every)
  t.ok(verifySignature('ES256', jws.signingInput, jws.signature, publicKey(key)))
})

t.test('refuses the examples whose algorithm or framing is not ours', async t => {
  for (const path of [
    'jws/4_2.rsa-pss_signature.json',
    'jws/4_3.ecdsa_signature.json',
    'jws/4_4.hmac-sha2_integrity_protection.json'
  ]) {
    t.equal(refused(example(path).output.compact), 'algorithm', path)
  }
  t.equal(refused(example('rfc7797/hmac-sha2_b64_false.json').output.compact), 'algorithm')
  t.equal(refused(example('jws/4_5.signature_with_detached_content.json').output.compact), 'malformed')
})

for (const alg of algorithms) {
  const { publicKey, privateKey } = keys[alg]
  const header: JwsHeader = { alg, kid: 'k1', sigT: '2026-09-01T00:00:00Z' }

  t.test(`${alg}: jose verifies ours and we verify jose's`, async t => {
    const ours = await compactVerify(sign(header, payload, privateKey), publicKey)
    t.same(ours.protectedHeader, header)
    t.same(Buffer.from(ours.payload), payload)
    const theirs = parseCompact(
      await new CompactSign(payload).setProtectedHeader(header as CompactJWSHeaderParameters).sign(privateKey),
      every
    )
    t.same(theirs.header, header)
    t.ok(verifySignature(alg, theirs.signingInput, theirs.signature, publicKey))
  })

  t.test(`${alg}: the same, detached`, async t => {
    const [protectedHeader, , signature] = signDetached(header, payload, privateKey).split('.')
    const whole = { protected: protectedHeader!, payload: encodeBase64url(payload), signature: signature! }
    await t.resolves(flattenedVerify(whole, publicKey))
    const flat = await new FlattenedSign(payload)
      .setProtectedHeader(header as CompactJWSHeaderParameters)
      .sign(privateKey)
    const jws = parseDetached(`${flat.protected}..${flat.signature}`, every)
    t.ok(verifySignature(alg, detachedInput(jws, payload), jws.signature, publicKey))
    t.notOk(verifySignature(alg, detachedInput(jws, Buffer.from('{}')), jws.signature, publicKey))
  })

  t.test(`${alg}: one altered bit in input or signature is noticed`, async () => {
    const input = Buffer.from(signingInput(header, payload))
    const signature = signInput(alg, input, privateKey)
    fc.assert(
      fc.property(fc.boolean(), fc.nat(), fc.nat(7), (inInput, place, bit) => {
        const changed = Buffer.from(inInput ? input : signature)
        const at = place % changed.length
        changed[at] = changed[at]! ^ (1 << bit)
        return !verifySignature(alg, inInput ? changed : input, inInput ? signature : changed, publicKey)
      }),
      { numRuns: 60 }
    )
  })

  t.test(`${alg}: refuses keys and lengths of another algorithm`, async t => {
    const input = signingInput(header, payload)
    const signature = signInput(alg, input, privateKey)
    for (const other of algorithms) {
      const isSame = keys[other].publicKey.asymmetricKeyType === 'rsa' && publicKey.asymmetricKeyType === 'rsa'
      t.equal(isKeyFor(alg, keys[other].publicKey), other === alg || isSame)
      if (other === alg) continue
      t.notOk(verifySignature(other, Buffer.from(input), signature, keys[other].publicKey))
      t.notOk(verifySignature(other, Buffer.from(input), signature, publicKey))
      if (!isSame) t.throws(() => signInput(alg, input, keys[other].privateKey), TypeError)
    }
    for (const wrong of [
      signature.subarray(1),
      Buffer.concat([signature, Buffer.of(0)]),
      Buffer.alloc(signature.length),
      Buffer.alloc(0)
    ]) {
      t.notOk(verifySignature(alg, Buffer.from(input), wrong, publicKey))
    }
  })
}

t.test('refuses weak RSA keys and other curves', async t => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
  t.notOk(isKeyFor('RS256', weak.publicKey))
  t.throws(() => sign({ alg: 'RS256' }, payload, weak.privateKey), TypeError)
  t.notOk(isKeyFor('ES256', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey))
  t.notOk(isKeyFor('EdDSA', generateKeyPairSync('ed448').publicKey))
})

t.test('ECDSA signatures of every shape pass from r‖s to DER and back', async t => {
  const half = fc.oneof(
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc
      .nat(31)
      .chain(zeros =>
        fc
          .uint8Array({ minLength: 32 - zeros, maxLength: 32 - zeros })
          .map(rest => Uint8Array.from([...Buffer.alloc(zeros), ...rest]))
      )
  )
  fc.assert(
    fc.property(half, half, (r, s) => {
      const raw = Buffer.concat([r, s])
      return derToRaw(rawToDer(raw), 64).equals(raw)
    })
  )
  const raw = Buffer.from(`${'00'.repeat(31)}7f80${'00'.repeat(31)}`, 'hex')
  t.equal(rawToDer(raw).toString('hex'), `3026${'02017f'}022100${'80'}${'00'.repeat(31)}`)
})

t.test('takes only what the caller allows', async t => {
  const text = sign({ alg: 'RS256' }, payload, rsa.privateKey)
  t.equal(refused(text, { algorithms: ['ES256', 'EdDSA'] }), 'algorithm')
  for (const alg of ['none', 'HS256', 'rs256', 'RS512', 'toString', '']) {
    t.equal(refused(`${encodeBase64url(Buffer.from(JSON.stringify({ alg })))}.e30.AA`), 'algorithm', alg)
  }
})

t.test('refuses malformed framing and headers', async t => {
  const header = encodeBase64url(Buffer.from('{"alg":"ES256"}'))
  for (const text of [
    '',
    '.',
    '..',
    'a.b',
    `${header}.e30`,
    `${header}.e30.AA.AA`,
    `${header}..AA`,
    `${header}.e30.A`
  ]) {
    t.equal(refused(text), 'malformed', text)
  }
  t.equal(refused(`${header}=.e30.AA`), 'malformed', 'padding')
  t.equal(refused(`${header}.e31.AA`), 'malformed', 'bits left over')
  t.equal(refused(`${header}.e30.AA\n`), 'malformed', 'line end')
  const headers = [
    '[]',
    'null',
    '"ES256"',
    '{}',
    '{"alg":1}',
    '{"alg":"ES256","alg":"ES256"}',
    '{"alg":"ES256"',
    '{"alg":"ES256","kid":1}'
  ]
  headers.push(
    '{"alg":"ES256","typ":null}',
    '{"alg":"ES256","x5c":"MII"}',
    '{"alg":"ES256","x5c":[]}',
    '{"alg":"ES256","x5c":[1]}'
  )
  headers.push(
    `{"alg":"ES256","a":${'['.repeat(20)}${']'.repeat(20)}}`,
    '{"alg":"ES256","crit":[]}',
    '{"alg":"ES256","crit":"a"}'
  )
  for (const json of headers) t.equal(refused(`${encodeBase64url(Buffer.from(json))}.e30.AA`), 'malformed', json)
  t.throws(() => parseDetached(`${header}.e30.AA`, every), JwsError, 'a payload where none belongs')
})

t.test('refuses critical extensions that nobody checks', async t => {
  const critical = (json: string, understood?: readonly string[]) =>
    refused(`${encodeBase64url(Buffer.from(json))}.e30.AA`, understood ? { algorithms, critical: understood } : every)
  t.equal(critical('{"alg":"ES256","crit":["sigT"],"sigT":"x"}'), 'critical')
  t.equal(critical('{"alg":"ES256","crit":["sigT"],"sigT":"x"}', ['sigT']), 'accepted')
  t.equal(critical('{"alg":"ES256","crit":["sigT"]}', ['sigT']), 'malformed')
  t.equal(critical('{"alg":"ES256","crit":["sigT","sigT"],"sigT":"x"}', ['sigT']), 'malformed')
  t.equal(critical('{"alg":"ES256","crit":["b64"],"b64":false}'), 'critical')
  t.equal(critical('{"alg":"ES256","crit":["b64"],"b64":false}', ['b64']), 'critical', 'even if the caller thought so')
  t.equal(critical('{"alg":"ES256","b64":false}'), 'critical')
})

t.test('keeps the header as it was signed', async t => {
  const encoded = encodeBase64url(Buffer.from('{ "alg" : "EdDSA" , "x" : 1.0 }'))
  const input = `${encoded}.${encodeBase64url(payload)}`
  const text = `${encoded}..${encodeBase64url(signInput('EdDSA', input, keys.EdDSA.privateKey))}`
  const jws = parseDetached(text, every)
  t.equal(decodeBase64url(jws.encodedHeader).toString(), '{ "alg" : "EdDSA" , "x" : 1.0 }')
  t.ok(verifySignature('EdDSA', detachedInput(jws, payload), jws.signature, keys.EdDSA.publicKey))
})
