import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { contentDigest, contentDigestHolds } from '../../src/standards/content-digest.ts'
import {
  HttpSignatureError,
  prepareSignature,
  type SignatureRules,
  type SignedRequest,
  signatureBase,
  signatureField,
  verifyRequest
} from '../../src/standards/http-signature.ts'
import { signInput, verifySignature } from '../../src/standards/jws.ts'
import {
  type InnerList,
  type Item,
  parseDictionary,
  StructuredFieldError,
  serializeDictionary
} from '../../src/standards/structured-fields.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const body = Buffer.from('{"resourceType":"Bundle"}')
const covered = ['@method', '@target-uri', 'content-digest', 'content-type']
const now = 1_790_000_000
const rules: SignatureRules = {
  tag: 'ryoritsu-webhook',
  covered,
  keyOf: keyid => (keyid === 'webhook-1' ? publicKey : undefined),
  now,
  maxAgeSeconds: 300
}

function signed(change: Partial<SignedRequest> = {}, label = 'ryoritsu'): SignedRequest {
  const request: SignedRequest = {
    method: 'POST',
    targetUri: 'https://hr.example/hooks?a=1',
    fields: { 'content-type': 'application/fhir+json', 'content-digest': contentDigest(body) },
    ...change
  }
  const parameters = { created: now, keyid: 'webhook-1', nonce: 'n-1', tag: 'ryoritsu-webhook' }
  const { base, signatureInput } = prepareSignature(request, label, covered, parameters)
  const signature = signatureField(label, signInput('ES256', base, privateKey))
  return { ...request, fields: { ...request.fields, 'signature-input': signatureInput, signature } }
}

const refusal = (request: SignedRequest, change: Partial<SignatureRules> = {}): string => {
  try {
    verifyRequest(request, { ...rules, ...change })
  } catch (error) {
    if (error instanceof HttpSignatureError) return error.kind
    throw error
  }
  return 'accepted'
}
const withField = (request: SignedRequest, name: string, value: string | undefined): SignedRequest => ({
  ...request,
  fields: { ...request.fields, [name]: value }
})

t.test('signs a webhook as the contract writes it', async t => {
  const request = signed()
  t.equal(
    request.fields['signature-input'],
    'ryoritsu=("@method" "@target-uri" "content-digest" "content-type");created=1790000000;keyid="webhook-1";' +
      'nonce="n-1";alg="ecdsa-p256-sha256";tag="ryoritsu-webhook"'
  )
  t.match(request.fields.signature, /^ryoritsu=:[A-Za-z0-9+/]{86}==:$/)
  t.same(verifyRequest(request, rules), { created: now, keyid: 'webhook-1', nonce: 'n-1', tag: 'ryoritsu-webhook' })
})

t.test('verifies the examples of RFC 9421 appendix B', async t => {
  const p256 = createPublicKey(
    '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf\n' +
      'w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n-----END PUBLIC KEY-----\n'
  )
  const ed25519 = createPublicKey(
    '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n'
  )
  const values: Readonly<Record<string, string>> = {
    '@status': '200',
    '@method': 'POST',
    '@path': '/foo',
    '@authority': 'example.com',
    date: 'Tue, 20 Apr 2021 02:07:55 GMT',
    'content-type': 'application/json',
    'content-digest':
      'sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:'
  }
  const examples = [
    {
      name: 'B.2.4',
      key: p256,
      alg: 'ES256',
      length: '23',
      input:
        'sig=("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"',
      signature: 'wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw=='
    },
    {
      name: 'B.2.6',
      key: ed25519,
      alg: 'EdDSA',
      length: '18',
      input:
        'sig=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
      signature: 'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=='
    }
  ] as const
  for (const { name, key, alg, length, input, signature } of examples) {
    const list = parseDictionary(input).get('sig') as InnerList
    const base = signatureBase(list, component => ({ ...values, 'content-length': length })[component])
    t.ok(verifySignature(alg, Buffer.from(base), Buffer.from(signature, 'base64'), key), name)
  }
})

t.test('refuses a request that was altered on its way', async t => {
  const request = signed()
  t.equal(refusal({ ...request, method: 'PUT' }), 'invalid')
  t.equal(refusal({ ...request, targetUri: 'https://hr.example/hooks?a=2' }), 'invalid')
  t.equal(refusal(withField(request, 'content-type', 'application/json')), 'invalid')
  t.equal(refusal(withField(request, 'content-digest', contentDigest(Buffer.from('{}')))), 'invalid')
  t.equal(refusal(withField(request, 'content-digest', undefined)), 'coverage')
  t.equal(refusal(withField(request, 'content-digest', 'a\n"content-type": b')), 'malformed')
  for (const [from, to] of [
    ['n-1', 'n-2'],
    [`${now}`, `${now + 1}`],
    ['"@method" ', ''],
    ['"webhook-1"', '"webhook-2"']
  ] as const) {
    const changed = withField(request, 'signature-input', request.fields['signature-input']!.replace(from, to))
    t.match(refusal(changed), /^(invalid|coverage|key)$/, `${from} -> ${to}`)
  }
  fc.assert(
    fc.property(fc.nat(63), fc.nat(7), (at, bit) => {
      const signature = Buffer.from(request.fields.signature!.slice('ryoritsu=:'.length, -1), 'base64')
      signature[at] = signature[at]! ^ (1 << bit)
      return refusal(withField(request, 'signature', signatureField('ryoritsu', signature))) === 'invalid'
    }),
    { numRuns: 50 }
  )
})

t.test('refuses what is missing, old, of the future, for another use or with an unknown key', async t => {
  const request = signed()
  t.equal(refusal(withField(request, 'signature', undefined)), 'missing')
  t.equal(refusal(withField(request, 'signature-input', undefined)), 'missing')
  t.equal(refusal(withField(request, 'signature', 'other=:AAAA:')), 'missing')
  t.equal(refusal(withField(request, 'signature', 'ryoritsu="AAAA"')), 'missing')
  t.equal(refusal(withField(request, 'signature', 'ryoritsu=:AAAA')), 'malformed')
  t.equal(refusal(request, { now: now + 300 }), 'accepted')
  t.equal(refusal(request, { now: now + 301 }), 'time')
  t.equal(refusal(request, { now: now - 301 }), 'time')
  const input = request.fields['signature-input']!
  t.equal(refusal(withField(request, 'signature-input', `${input};expires=${now - 1}`)), 'time')
  t.equal(refusal(request, { tag: 'other' }), 'missing')
  t.equal(refusal(request, { keyOf: () => undefined }), 'key')
  t.equal(refusal(request, { keyOf: () => generateKeyPairSync('ed25519').publicKey }), 'invalid')
  t.equal(refusal(withField(request, 'signature-input', input.replace('ecdsa-p256-sha256', 'hmac-sha256'))), 'key')
  t.equal(refusal(withField(request, 'signature-input', input.replace(';nonce="n-1"', ''))), 'malformed')
  t.equal(refusal(withField(request, 'signature-input', `${input}, b=${input.slice('ryoritsu='.length)}`)), 'malformed')
  t.equal(refusal(withField(request, 'signature-input', input.replace('"@method"', '"@method";req'))), 'malformed')
  t.throws(
    () => prepareSignature(request, 'a', ['@method', '@method'], { created: now, keyid: 'k', nonce: 'n', tag: 't' }),
    HttpSignatureError
  )
  t.throws(
    () => prepareSignature(request, 'a', ['x-absent'], { created: now, keyid: 'k', nonce: 'n', tag: 't' }),
    HttpSignatureError
  )
})

t.test('finds its signature beside those of others', async t => {
  const request = signed()
  const input = `proxy=("@method";req "x");created=1;expires=2, ${request.fields['signature-input']}`
  const both = { ...request.fields, 'signature-input': input, signature: `proxy=:AAAA:, ${request.fields.signature}` }
  t.equal(refusal({ ...request, fields: both }), 'accepted')
})

t.test('a content digest is the SHA-256 of the bytes sent (RFC 9530)', async t => {
  const content = Buffer.from('{"hello": "world"}')
  t.equal(contentDigest(content), 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:')
  t.ok(contentDigestHolds(`sha-512=:AAAA:, ${contentDigest(content)}`, content))
  for (const field of [
    '',
    'sha-256',
    'sha-256=:AAAA:',
    'sha-256="x"',
    'sha-512=:AAAA:',
    'sha-256=:%:',
    contentDigest(Buffer.alloc(0))
  ]) {
    t.notOk(contentDigestHolds(field, content), field)
  }
})

t.test('reads and writes dictionaries of structured fields (RFC 9651)', async t => {
  const parsed = parseDictionary('a=1, b="x\\"\\\\y";p;q=tok/en, c=:AQID:,\td=?0, e, f=( "i"  2;z );w=-5')
  t.same([...parsed.keys()], ['a', 'b', 'c', 'd', 'e', 'f'])
  t.equal((parsed.get('b') as Item).value, 'x"\\y')
  t.equal(serializeDictionary(parsed), 'a=1, b="x\\"\\\\y";p;q=tok/en, c=:AQID:, d=?0, e, f=("i" 2;z);w=-5')
  t.equal(parseDictionary('').size, 0)
  for (const text of [
    'A=1',
    'a=',
    'a=1,',
    'a=1 b=2',
    'a=1, a=2',
    'a;b;b',
    'a=1.5',
    'a=1234567890123456',
    'a=-',
    'a="é"',
    'a="',
    'a=(1',
    'a=(1 2',
    'a=("x""y")'
  ]) {
    t.throws(() => parseDictionary(text), StructuredFieldError, text)
  }
  for (const text of ['a=?2', 'a=:AQ:', 'a=@1', ',a', '=1', 'a="\\x"'])
    t.throws(() => parseDictionary(text), StructuredFieldError, text)
  const bare = fc.oneof(
    fc.string({ unit: 'grapheme-ascii' }),
    fc.integer(),
    fc.boolean(),
    fc.uint8Array({ maxLength: 9 }).map(bytes => Buffer.from(bytes))
  )
  fc.assert(
    fc.property(fc.array(bare, { minLength: 1 }), values => {
      const dictionary = new Map(values.map((value, i) => [`k${i}`, { value, parameters: new Map([['p', value]]) }]))
      t.same(parseDictionary(serializeDictionary(dictionary)), dictionary)
    }),
    { numRuns: 50 }
  )
})
