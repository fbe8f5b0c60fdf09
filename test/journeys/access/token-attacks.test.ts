import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes
} from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { CompactEncrypt, type JWK } from 'jose'
import t, { type Test } from 'tap'
import { cases } from '../../../fixtures/cases/cases.ts'
import { chainOf } from '../../../fixtures/test-keys.ts'
import { type Algorithm, signInput } from '../../../src/standards/jws.ts'
import { startGateway } from '../../parties/gateway.ts'
import type { Party } from '../../parties/party.ts'
import { registerTown, scopesOf } from '../../parties/register.ts'
import { askForToken, type Client, type Forgery, forge, formOf, part, tell, usualClaims } from './attacker.ts'

/** Attacks on the token endpoint (RFC 8725, RFC 9700 sections 2 and 4): each is refused, and gives no token. */

const running = await startGateway()
t.teardown(() => running.stop())
const town = await registerTown(running, cases[0]!)
const { baseUrl } = running
const hospital = clientOf(town.hospital)
const employer = clientOf(town.hr)

function clientOf({ file }: Party): Client {
  const { issuer, clientId, privateJwk } = file
  const privateKey = createPrivateKey({ key: privateJwk as never, format: 'jwk' })
  return { issuer, clientId, kid: privateJwk.kid, alg: 'ES384', privateKey }
}

/** A client with one more key, of this kind. */
async function clientWith(alg: Algorithm, privateKey: KeyObject, marks: JWK = {}): Promise<Client> {
  const jwk = { ...(createPublicKey(privateKey).export({ format: 'jwk' }) as JWK), kid: 'k', ...marks }
  return registered(alg, privateKey, [jwk])
}

/** As if a former version had taken these keys: `addPartner` looks at none. */
async function registered(
  alg: Algorithm,
  privateKey: KeyObject,
  keys: readonly JWK[],
  jwksUri?: string
): Promise<Client> {
  const { clientId } = await running.add({
    ...(jwksUri !== undefined && { jwksUri }),
    role: 'hospital',
    organization: { name: cases[0]!.hospital.name, identifier: cases[0]!.hospital.identifier },
    jwks: { keys },
    signingKeys: { keys: [] },
    scope: scopesOf.hospital.split(' '),
    purposes: ['support-consideration'],
    dpop: false,
    certificateThumbprint: undefined,
    webhook: undefined,
    handlingRules: undefined
  })
  return { issuer: baseUrl, clientId, kid: 'k', alg, privateKey }
}

async function holds(t: Test, title: string, assertion: string): Promise<void> {
  const told = await askForToken(baseUrl, assertion)
  t.equal(told.status, 200, `${title}: ${told.description ?? 'a token'}`)
}

async function refused(t: Test, title: string, assertion: string, description?: RegExp): Promise<void> {
  const told = await askForToken(baseUrl, assertion)
  t.match(told, { status: 401, error: 'invalid_client', token: undefined, ...(description && { description }) }, title)
}

/** Each forgery on the hospital's assertion, which without one is good. */
async function allRefused(t: Test, forgeries: Readonly<Record<string, Forgery>>, description?: RegExp): Promise<void> {
  await holds(t, 'nothing forged', forge(hospital))
  for (const [title, forgery] of Object.entries(forgeries)) {
    await refused(t, title, forge(hospital, forgery), description)
  }
}

const gatewayKeys = async () =>
  ((await (await fetch(`${baseUrl}/.well-known/jwks.json`)).json()) as { readonly keys: readonly JWK[] }).keys

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const byStranger = (input: string) => signInput('ES384', input, stranger.privateKey)
const strangersJwk = stranger.publicKey.export({ format: 'jwk' })

t.test('algorithm confusion: none, HMAC under a public key, RS256, another curve (RFC 8725 section 3.1)', async t => {
  const publicKey = createPublicKey(hospital.privateKey)
  const jwk = publicKey.export({ format: 'jwk' })
  const secrets = {
    PEM: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    DER: publicKey.export({ type: 'spki', format: 'der' }),
    JWK: JSON.stringify(jwk),
    'JWK with kid': JSON.stringify({ ...jwk, kid: hospital.kid, alg: 'ES384' }),
    x: Buffer.from(jwk.x!, 'base64url'),
    nothing: ''
  }
  const other = /another algorithm/
  for (const [name, secret] of Object.entries(secrets)) {
    for (const bits of [256, 384, 512]) {
      const sign = (input: string) => createHmac(`sha${bits}`, secret).update(input).digest()
      await refused(t, `HS${bits} under ${name}`, forge(hospital, { header: { alg: `HS${bits}` }, sign }), other)
    }
  }
  for (const alg of [
    'none',
    'None',
    'NONE',
    'nOnE',
    'none ',
    '',
    'NULL',
    'es384',
    'ES384 ',
    'ES512',
    'PS384',
    'RS256'
  ]) {
    await refused(
      t,
      `alg ${alg} without signature`,
      forge(hospital, { header: { alg }, sign: () => Buffer.alloc(0) }),
      other
    )
    await refused(t, `alg ${alg} with the signature of ES384`, forge(hospital, { header: { alg } }), other)
  }
  for (const alg of [null, 0, ['ES384'], { ES384: 1 }, undefined]) {
    await refused(t, `alg ${JSON.stringify(alg)}`, forge(hospital, { header: { alg } }), /compact form/)
  }
  const es256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  await allRefused(t, {
    'ES256 under the P-384 key': {
      header: { alg: 'ES256' },
      sign: input => signBytes('sha256', Buffer.from(input), { key: hospital.privateKey, dsaEncoding: 'ieee-p1363' })
    },
    'ES256 of a P-256 key under the kid of the P-384 key': {
      header: { alg: 'ES256' },
      sign: input => signInput('ES256', input, es256)
    },
    'ES384 with SHA-256': {
      sign: input => signBytes('sha256', Buffer.from(input), { key: hospital.privateKey, dsaEncoding: 'ieee-p1363' })
    },
    'ES384 as DER': { sign: input => signBytes('sha384', Buffer.from(input), hospital.privateKey) },
    'EdDSA under the P-384 key': { header: { alg: 'EdDSA' }, sign: () => Buffer.alloc(64, 1) },
    'RS384 under the P-384 key': { header: { alg: 'RS384' }, sign: input => signInput('RS384', input, rsa.privateKey) }
  })
})

t.test(
  'a key is for one algorithm: the same RSA key serves neither RS256 nor what its registration leaves out',
  async t => {
    const free = await clientWith('PS256', rsa.privateKey)
    await holds(t, 'PS256', forge(free))
    await holds(t, 'RS384, where the registration names none', forge({ ...free, alg: 'RS384' }))
    await refused(t, 'RS256', forge({ ...free, alg: 'RS256' }), /another algorithm/)
    const mixed = (alg: Algorithm, signed: Algorithm) =>
      forge({ ...free, alg }, { sign: input => signInput(signed, input, rsa.privateKey) })
    await refused(t, 'a PS256 signature that says RS384', mixed('RS384', 'PS256'))
    await refused(t, 'a RS384 signature that says PS256', mixed('PS256', 'RS384'))
    await refused(t, 'a RS256 signature that says RS384', mixed('RS384', 'RS256'))
    const bound = await clientWith('PS256', rsa.privateKey, { alg: 'PS256' })
    await holds(t, 'PS256 as registered', forge(bound))
    await refused(t, 'RS384 where PS256 is registered', forge({ ...bound, alg: 'RS384' }))
    const encryption = await clientWith('PS256', rsa.privateKey, { use: 'enc' })
    await refused(t, 'a key registered for encryption', forge(encryption))
    const signing = await clientWith('PS256', rsa.privateKey, { key_ops: ['sign'] })
    await refused(t, 'a key registered for something else than verifying', forge(signing))
  }
)

t.test('keys that an assertion brings along or points to are not taken, and nothing is fetched', async t => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url!)
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ keys: [{ ...strangersJwk, kid: 'a' }] }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
  const own = createPublicKey(hospital.privateKey).export({ format: 'jwk' })
  const { x5c } = chainOf('physician-990101')
  const held = /must not hold/
  await allRefused(
    t,
    {
      'jwk, signed by its key': { header: { jwk: strangersJwk }, sign: byStranger },
      'jwk, signed by the registered key': { header: { jwk: own } },
      'jwk that is null': { header: { jwk: null } },
      'jku, signed by its key': { header: { jku: url, kid: 'a' }, sign: byStranger },
      'jku, signed by the registered key': { header: { jku: url } },
      'jku of the gateway itself': { header: { jku: `${baseUrl}/.well-known/jwks.json` } },
      'jku with a fragment': { header: { jku: `${baseUrl}#@${url}` }, sign: byStranger },
      'x5u, signed by its key': { header: { x5u: url }, sign: byStranger },
      'x5u of a file': { header: { x5u: 'file:///etc/passwd' } },
      'x5c of somebody': { header: { x5c }, sign: byStranger },
      'x5c, signed by the registered key': { header: { x5c } }
    },
    held
  )
  await refused(t, 'x5c that is none', forge(hospital, { header: { x5c: 'MII' } }))
  await refused(
    t,
    'jwk in the claims',
    forge(hospital, { claims: { jwk: strangersJwk, cnf: { jwk: strangersJwk } }, sign: byStranger })
  )
  await refused(
    t,
    'jwk and no kid',
    forge(hospital, { header: { jwk: strangersJwk, kid: undefined }, sign: byStranger })
  )
  t.same(asked, [])
  server.close()
})

t.test('kid injection: a kid is compared with those registered for this client, and nothing else', async t => {
  const unknown = /^The client is unknown or disabled, or no registered key/
  const kids = [
    '../../../../dev/null',
    '/dev/null',
    'file:///dev/null',
    'https://attacker.example/key.pem',
    "' OR '1'='1",
    "x'; DROP TABLE partner; --",
    `${hospital.kid}' --`,
    `${hospital.kid} `,
    ` ${hospital.kid}`,
    hospital.kid.toUpperCase(),
    `${hospital.kid}\0`,
    `${hospital.kid}\n`,
    '*',
    '%',
    '.*',
    '__proto__',
    'constructor',
    'toString',
    '0',
    '|cat /etc/passwd',
    '$(id)',
    '{{7*7}}',
    '<x>',
    'ｋ',
    'k'.repeat(5000)
  ]
  const signs = {
    'the registered key': undefined,
    'an empty secret': (input: string) => createHmac('sha384', '').update(input).digest()
  }
  for (const kid of kids.filter(kid => kid !== hospital.kid)) {
    for (const [by, sign] of Object.entries(signs)) {
      await refused(
        t,
        `kid ${JSON.stringify(kid).slice(0, 60)} by ${by}`,
        forge(hospital, { header: { kid }, ...(sign && { sign }) }),
        unknown
      )
    }
  }
  for (const kid of [[hospital.kid], { kid: hospital.kid }, 0, true, null]) {
    await refused(t, `kid ${JSON.stringify(kid).slice(0, 20)}`, forge(hospital, { header: { kid } }), /compact form/)
  }
  for (const kid of ['', undefined]) await refused(t, `kid ${kid}`, forge(hospital, { header: { kid } }), /no kid/)
  await refused(t, 'kid and key of another client', forge({ ...employer, clientId: hospital.clientId }), unknown)
  await refused(
    t,
    'kid of another client, key of this one',
    forge(hospital, { header: { kid: employer.kid } }),
    unknown
  )
  for (const { kid } of await gatewayKeys()) {
    await refused(t, `kid of the gateway’s own key ${kid}`, forge(hospital, { header: { kid } }), unknown)
  }
  const twice = createPublicKey(stranger.privateKey).export({ format: 'jwk' }) as JWK
  const both = await registered('ES384', stranger.privateKey, [
    { ...twice, kid: 'k' },
    { ...(createPublicKey(hospital.privateKey).export({ format: 'jwk' }) as JWK), kid: 'k' }
  ])
  await refused(t, 'a kid that two keys have', forge(both), unknown)
  await holds(t, 'afterwards all is as it was', forge(hospital))
})

t.test(
  'crit, duplicate members, compression, nesting and other serialisations (RFC 7515 sections 4, 4.1.11, 5.2)',
  async t => {
    const { kid } = hospital
    const compact = /compact form/
    const marks = `"alg":"ES384","kid":"${kid}"`
    await allRefused(
      t,
      {
        'crit of something unknown': {
          header: { crit: ['http://attacker.example/x'], 'http://attacker.example/x': 1 }
        },
        'crit of a claim': { header: { crit: ['exp'], exp: 1 } },
        'crit of b64': { header: { crit: ['b64'], b64: true } },
        'crit of b64 that is false': { header: { crit: ['b64'], b64: false } },
        'crit that names what is not there': { header: { crit: ['x'] } },
        'crit that names one twice': { header: { crit: ['x', 'x'], x: 1 } },
        'an empty crit': { header: { crit: [] } },
        'crit as text': { header: { crit: 'x', x: 1 } },
        'crit as null': { header: { crit: null } },
        'crit of a registered name': { header: { crit: ['alg'] } },
        'crit twice': { header: `{${marks},"crit":["x"],"x":1,"crit":["kid"]}` },
        'alg twice': { header: `{"alg":"none",${marks}}` },
        'alg twice, escaped': { header: `{${marks},"\\u0061lg":"none"}` },
        'kid twice': { header: `{"kid":"x",${marks}}` },
        'typ twice': { header: `{${marks},"typ":"JWT","typ":"at+jwt"}` },
        'a header of null': { header: 'null' },
        'a header of no JSON': { header: `{${marks}` },
        'a header of two objects': { header: `{${marks}}{}` },
        'a header nested deeply': { header: `{${marks},"x":${'['.repeat(1000)}${']'.repeat(1000)}}` },
        'a header beginning with a mark of byte order': { header: `\ufeff{${marks}}` }
      },
      compact
    )
    const good = JSON.stringify(usualClaims(hospital))
    await allRefused(t, {
      'sub twice': { claims: good.replace('{', `{"sub":"${employer.clientId}",`) },
      'iss twice': { claims: good.replace('{', `{"iss":"${employer.clientId}",`) },
      'aud twice': { claims: good.replace('{', '{"aud":"https://attacker.example",') },
      'exp twice': { claims: good.replace('}', ',"exp":9999999999}') },
      'jti twice': { claims: good.replace('}', ',"\\u006ati":"another"}') },
      'a list of claims': { claims: `[${good}]` },
      'claims as text': { claims: JSON.stringify(good) },
      'no claims': { claims: '{}' },
      'claims with text after': { claims: `${good} ${good}` },
      'claims with a comment': { claims: good.replace('{', '{/* */') },
      'claims with half a character': { claims: good.replace('}', ',"x":"\\ud800"}') },
      'claims nested deeply': { claims: good.replace('}', `,"x":${'['.repeat(1000)}${']'.repeat(1000)}}`) }
    })
    const packed = deflateRawSync(Buffer.from(good))
    const zipped = (header: object, payload: Uint8Array) => {
      const input = `${part(JSON.stringify({ alg: 'ES384', kid, ...header }))}.${part(payload)}`
      return `${input}.${part(signInput('ES384', input, hospital.privateKey))}`
    }
    await refused(t, 'zip over compressed claims', zipped({ zip: 'DEF' }, packed), /must not hold/)
    await refused(t, 'zip over plain claims', zipped({ zip: 'DEF' }, Buffer.from(good)), /must not hold/)
    await refused(t, 'compressed claims without saying so', zipped({}, packed), /JSON object/)
    // RFC 8725 section 3.7: JSON between systems is UTF-8
    await refused(t, 'claims in UTF-16', zipped({}, Buffer.from(good, 'utf16le')), /JSON object/)
    await refused(
      t,
      'claims in Latin-1',
      zipped({}, Buffer.from(good.replace('}', ',"x":"\xe9"}'), 'latin1')),
      /JSON object/
    )
    await refused(
      t,
      'claims of overlong UTF-8',
      zipped({}, Buffer.from(good.replace('}', ',"x":"\xc0\xaf"}'), 'latin1')),
      /JSON object/
    )
    await refused(t, 'a bomb', zipped({}, deflateRawSync(Buffer.alloc(8_000_000))), /JSON object/)

    const whole = forge(hospital)
    const [header = '', payload = '', signature = ''] = whole.split('.')
    const keys = await gatewayKeys()
    const encrypted = await new CompactEncrypt(Buffer.from(whole))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', cty: 'JWT' })
      .encrypt(createPublicKey({ key: keys.find(({ crv }) => crv === 'P-384') as never, format: 'jwk' }))
    await refused(t, 'encrypted to a key of the gateway', encrypted, compact)
    await refused(t, 'signed once more around', zipped({ cty: 'JWT' }, Buffer.from(whole)), /JSON object/)
    await refused(t, 'flattened JSON', JSON.stringify({ protected: header, payload, signature }), compact)
    await refused(
      t,
      'general JSON',
      JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
      compact
    )
    for (const [title, text] of Object.entries({
      'two parts': `${header}.${payload}`,
      'no signature': `${header}.${payload}.`,
      'four parts': `${whole}.${signature}`,
      detached: `${header}..${signature}`,
      padding: `${whole}=`,
      'a space before': ` ${whole}`,
      'a line end after': `${whole}\n`,
      'a line end within': `${header}.\n${payload}.${signature}`,
      'two assertions': `${whole},${whole}`,
      'with its scheme': `Bearer ${whole}`,
      'percent-encoded once more': encodeURIComponent(`${header}%2e${payload}.${signature}`),
      nothing: ''
    })) {
      await refused(t, title, text)
    }
  }
)

t.test('an oversized or compressed request is refused before it is read', async t => {
  const { status, error, token } = await askForToken(baseUrl, forge(hospital, { claims: { x: 'x'.repeat(20_000) } }))
  t.same({ status, error, token }, { status: 413, error: 'invalid_request', token: undefined })
  for (const [encoding, pack] of Object.entries({ gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync })) {
    const { status } = await fetch(`${baseUrl}/oauth2/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': encoding },
      body: new Uint8Array(pack(formOf(forge(hospital))))
    })
    t.match(status, /^4\d\d$/, `a form in ${encoding}`)
  }
  await refused(t, 'a header of 8 KiB', forge(hospital, { header: { x5c: ['A'.repeat(8000)] } }))
  await refused(t, 'a jti of 257 characters', forge(hospital, { claims: { jti: 'x'.repeat(257) } }), /jti/)
  await refused(t, 'a sub of 257 characters', forge({ ...hospital, clientId: 'x'.repeat(257) }), /iss and sub/)
  await holds(t, 'a jti of 256 characters', forge(hospital, { claims: { jti: 'x'.repeat(256) } }))
})

t.test('audience injection: one string, this issuer or this token endpoint, letter by letter', async t => {
  const tokenEndpoint = `${baseUrl}/oauth2/token`
  await holds(t, 'the issuer', forge(hospital, { claims: { aud: baseUrl } }))
  await holds(t, 'the token endpoint', forge(hospital, { claims: { aud: tokenEndpoint } }))
  const { port } = new URL(baseUrl)
  const audiences: readonly unknown[] = [
    [baseUrl],
    [baseUrl, 'https://attacker.example'],
    ['https://attacker.example', baseUrl],
    [tokenEndpoint],
    [],
    'https://attacker.example',
    `${baseUrl}/`,
    `${tokenEndpoint}/`,
    `${baseUrl}/fhir`,
    `${baseUrl}.attacker.example`,
    `${baseUrl}@attacker.example`,
    `${baseUrl}#x`,
    `${tokenEndpoint}?x=1`,
    `${tokenEndpoint}/../token`,
    `${baseUrl}/oauth2`,
    `${baseUrl}/oauth2/introspect`,
    `${baseUrl}/oauth2/revoke`,
    baseUrl.slice(0, -1),
    baseUrl.toUpperCase(),
    baseUrl.replace('http:', 'HTTP:'),
    baseUrl.replace('http:', 'https:'),
    baseUrl.replace('//', '//user@'),
    `http://localhost:${port}`,
    `http://127.1:${port}`,
    ` ${baseUrl}`,
    `${baseUrl} `,
    `${baseUrl},https://attacker.example`,
    `${baseUrl} https://attacker.example`,
    baseUrl.replace('http:', ''),
    '',
    '*',
    null,
    true,
    0,
    { iss: baseUrl },
    undefined
  ]
  for (const aud of audiences) {
    await refused(t, `aud ${JSON.stringify(aud)}`, forge(hospital, { claims: { aud } }), /^aud must be/)
  }
})

t.test('who an assertion is of, and when and how often it holds', async t => {
  const now = Math.floor(Date.now() / 1000)
  const { clientId } = hospital
  await allRefused(t, {
    'iss of another client': { claims: { iss: employer.clientId } },
    'sub of another client': { claims: { sub: employer.clientId } },
    'iss and sub of another client': { claims: { iss: employer.clientId, sub: employer.clientId } },
    'no iss': { claims: { iss: undefined } },
    'no sub': { claims: { sub: undefined } },
    'iss and sub as lists': { claims: { iss: [clientId], sub: [clientId] } },
    'iss and sub in capitals': { claims: { iss: clientId.toUpperCase(), sub: clientId.toUpperCase() } },
    'iss and sub with a space': { claims: { iss: `${clientId} `, sub: `${clientId} ` } },
    'a client of every object': { claims: { iss: 'constructor', sub: 'constructor' } },
    'a person as sub': { claims: { sub: 'admin' } },
    expired: { claims: { iat: now - 200, exp: now - 60 } },
    'for an hour': { claims: { exp: now + 3600 } },
    'for an hour, without iat': { claims: { iat: undefined, exp: now + 3600 } },
    'for ever': { claims: { exp: 1e15 } },
    'in milliseconds': { claims: { iat: Date.now(), exp: Date.now() + 60_000 } },
    'exp as text': { claims: { exp: `${now + 60}` } },
    'exp as a date': { claims: { exp: new Date(Date.now() + 60_000).toISOString() } },
    'exp beyond numbers': { claims: JSON.stringify(usualClaims(hospital)).replace(/"exp":\d+/, '"exp":1e400') },
    'exp below zero': { claims: { exp: -1 } },
    'exp in a list': { claims: { exp: [now + 60] } },
    'exp true': { claims: { exp: true } },
    'exp null': { claims: { exp: null } },
    'no exp': { claims: { exp: undefined } },
    'exp before iat': { claims: { iat: now + 20, exp: now + 10 } },
    'issued later': { claims: { iat: now + 120, exp: now + 200 } },
    'iat as text': { claims: { iat: `${now}` } },
    'issued long ago for long': { claims: { iat: now - 3600, exp: now + 60 } },
    'not yet': { claims: { nbf: now + 120 } },
    'nbf as text': { claims: { nbf: `${now}` } },
    'nbf null': { claims: { nbf: null } },
    'no jti': { claims: { jti: undefined } },
    'an empty jti': { claims: { jti: '' } },
    'jti as a number': { claims: { jti: 7 } },
    'jti as a list': { claims: { jti: ['a'] } }
  })
  const { token } = await askForToken(baseUrl, forge(hospital), { client_id: employer.clientId })
  t.equal(token, undefined, 'client_id of another client beside the assertion')
})

t.test('signatures of every message: psychic ones, and keys under which anybody can sign', async t => {
  const n = 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973'
  await allRefused(t, {
    'zeros (CVE-2022-21449)': { sign: () => Buffer.alloc(96) },
    'r and s are n': { sign: () => Buffer.from(n + n, 'hex') },
    'r is 1, s is 0': { sign: () => Buffer.from(`${'1'.padStart(96, '0')}${'0'.repeat(96)}`, 'hex') },
    'r and s are 1': { sign: () => Buffer.from('1'.padStart(96, '0').repeat(2), 'hex') },
    nothing: { sign: () => Buffer.alloc(0) },
    'a byte': { sign: () => Buffer.alloc(1) }
  })
  const { n: modulus } = rsa.publicKey.export({ format: 'jwk' })
  const exponentOne = await registered('RS384', rsa.privateKey, [{ kty: 'RSA', n: modulus!, e: 'AQ', kid: 'k' }])
  await refused(
    t,
    'RSA with exponent 1: the padded digest is its own signature',
    forge(exponentOne, { sign: paddedDigest })
  )
  const base = `58${'66'.repeat(31)}`
  const everybodys = Buffer.from(`${base}01${'00'.repeat(31)}`, 'hex')
  const ed25519 = generateKeyPairSync('ed25519').privateKey
  const points = {
    'order 1': `01${'00'.repeat(31)}`,
    'order 2': `ec${'ff'.repeat(30)}7f`,
    'order 4, all zeros': '00'.repeat(32),
    'order 1, otherwise written': `ee${'ff'.repeat(30)}7f`
  }
  for (const [name, point] of Object.entries(points)) {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(point, 'hex').toString('base64url'), kid: 'k' }
    await refused(t, `Ed25519 of ${name}`, forge(await registered('EdDSA', ed25519, [jwk]), { sign: () => everybodys }))
  }
  const real = await registered('EdDSA', ed25519, [
    { ...(createPublicKey(ed25519).export({ format: 'jwk' }) as JWK), kid: 'k' }
  ])
  await holds(t, 'Ed25519 as it should be', forge(real))
  const published = createServer((_request, response) => {
    const weak = { kty: 'RSA', n: modulus!, e: 'AQ', kid: 'k' }
    const good = { ...(createPublicKey(ed25519).export({ format: 'jwk' }) as JWK), kid: 'good' }
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [weak, good] }))
  })
  await new Promise<void>(resolve => published.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(published.address() as AddressInfo).port}/jwks`
  const publishing = await registered('RS384', rsa.privateKey, [], url)
  await refused(t, 'exponent 1, published under a URL', forge(publishing, { sign: paddedDigest }))
  await holds(t, 'a good key beside it', forge({ ...publishing, alg: 'EdDSA', kid: 'good', privateKey: ed25519 }))
  published.close()
  const privateJwk = await registered('EdDSA', ed25519, [{ ...(ed25519.export({ format: 'jwk' }) as JWK), kid: 'k' }])
  await refused(t, 'a private key that was registered', forge(privateJwk))
})

/** EMSA-PKCS1-v1_5 over SHA-384, for 2048 bits. */
function paddedDigest(input: string): Buffer {
  const digest = createHash('sha384').update(input).digest()
  const info = Buffer.concat([Buffer.from('3041300d060960864801650304020205000430', 'hex'), digest])
  return Buffer.concat([Buffer.of(0, 1), Buffer.alloc(253 - info.length, 255), Buffer.of(0), info])
}

t.test('requests that authenticate otherwise or twice', async t => {
  const assertion = forge(hospital)
  const form = (more: Readonly<Record<string, string>>) => formOf(assertion, more)
  const twice = await tell(baseUrl, `${form({})}&client_assertion=${forge(employer)}`)
  t.match(twice, { status: 400, error: 'invalid_request', token: undefined }, 'two assertions')
  t.match(await tell(baseUrl, `${form({})}&scope=system/*.*`), { status: 400, token: undefined }, 'two scopes')
  const secret = await tell(baseUrl, form({ client_secret: 'x' }))
  t.match(secret, { status: 400, error: 'invalid_request', token: undefined }, 'an assertion and a secret')
  for (const grant_type of [
    'password',
    'authorization_code',
    'refresh_token',
    'implicit',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'urn:ietf:params:oauth:grant-type:token-exchange'
  ]) {
    t.match(
      await tell(baseUrl, form({ grant_type })),
      { status: 400, error: 'unsupported_grant_type', token: undefined },
      grant_type
    )
  }
  const inUrl = await fetch(`${baseUrl}/oauth2/token?${form({})}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' }
  })
  t.not(inUrl.status, 200, 'in the address, where logs keep it')
  t.not((await fetch(`${baseUrl}/oauth2/token?${form({})}`)).status, 200, 'by GET')
  const json = await fetch(`${baseUrl}/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(Object.fromEntries(new URLSearchParams(form({}))))
  })
  t.not(json.status, 200, 'as JSON')
  await holds(t, 'none of these used the assertion up', assertion)
})

t.test('an assertion that one endpoint took opens no other', async t => {
  for (const endpoint of ['introspect', 'revoke']) {
    const [there, here] = [forge(hospital), forge(hospital)]
    const asked = (assertion: string) =>
      fetch(`${baseUrl}/oauth2/${endpoint}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: formOf(assertion, { token: 'x' })
      })
    t.equal((await asked(there)).status, 200, endpoint)
    t.match(
      await askForToken(baseUrl, there),
      { status: 401, token: undefined },
      `used at ${endpoint}, then for a token`
    )
    await holds(t, 'another', here)
    t.equal((await asked(here)).status, 401, `used for a token, then at ${endpoint}`)
    const forged = forge(hospital, { header: { jwk: strangersJwk }, sign: byStranger })
    t.equal((await asked(forged)).status, 401, `a forged one at ${endpoint}`)
  }
})
