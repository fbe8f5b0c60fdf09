import 'reflect-metadata'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  constants,
  createHash,
  generateKeyPairSync,
  type KeyObject,
  sign,
  webcrypto,
  X509Certificate
} from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import fc from 'fast-check'
import t from 'tap'
import { chainOf, keyOf, signingKeys, trustFolder } from '../../fixtures/test-keys.ts'
import { readCertificate } from '../../src/signature/timestamp/certificate.ts'
import { timestampRequest } from '../../src/signature/timestamp/request.ts'
import { authorityCheck, judgeReply, judgeTimestamp, maxTimestampBytes } from '../../src/signature/timestamp.ts'
import { readRoots } from '../../src/signature/trust.ts'
import { der, derInteger, derOid, tags } from '../../src/standards/der.ts'
import { stampingKey } from '../parties/time-stamping-authority.ts'
import {
  type Making,
  makeReply,
  makeToken,
  policy,
  refusingReply,
  rsa,
  type Scheme,
  type Wrong
} from '../parties/timestamp-token.ts'

const rootsFile = join(trustFolder, 'tsa-roots.pem')
const trust = { authorities: authorityCheck(readRoots(readFileSync(rootsFile, 'utf8'))), policies: undefined }
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest()

const imprint = sha256('what is stamped')
const nonce = Buffer.from('00f1e2d3c4b5a69788796a5b4c3d2e1f', 'hex')
const question = { imprint, nonce }
/** openssl looks at certificates as of its own clock */
const now = Math.floor(Date.now() / 1000) * 1000
const making: Making = { imprint, nonce, time: now, accuracySeconds: 1, by: stampingKey() }

async function ours(reply: Uint8Array): Promise<string> {
  const answer = await judgeReply(reply, question, trust, now)
  return answer.kind === 'held' ? 'held' : answer.fault
}

/** What `openssl ts -verify` says of a reply to our question; it is part of the test, not a reason to skip it. */
function openssl(folder: string, reply: Uint8Array, ...more: readonly string[]): 'held' | 'refused' {
  const query = join(folder, 'q.tsq')
  const file = join(folder, 'r.tsr')
  writeFileSync(query, timestampRequest(question))
  writeFileSync(file, reply)
  const run = spawnSync('openssl', ['ts', '-verify', '-queryfile', query, '-in', file, '-CAfile', rootsFile, ...more])
  if (run.error) throw run.error
  return run.status === 0 ? 'held' : 'refused'
}

const reply = (wrong: Wrong) => makeReply({ ...making, wrong })
const other = stampingKey('tsa-untrusted')
const physician = new X509Certificate(chainOf('physician-990101').pem[0]!).raw
const good = makeReply(making)
const flipped = (bytes: Uint8Array, at: number) => {
  const copy = Buffer.from(bytes)
  copy[at]! ^= 1
  return copy
}

/** Each reply that is not good, with our fault; `asked` says whether openssl asks the same question. */
const broken: readonly (readonly [title: string, reply: Uint8Array, fault: string, asked: boolean])[] = [
  ['other bytes were stamped', makeReply({ ...making, imprint: sha256('other') }), 'imprint', true],
  ['hashed otherwise than asked', reply({ hash: '2.16.840.1.101.3.4.2.8' }), 'imprint', true],
  ['an answer to another question', makeReply({ ...making, nonce: Buffer.alloc(16, 7) }), 'nonce', true],
  ['no nonce though one was sent', makeReply({ ...making, nonce: undefined }), 'nonce', true],
  ['refused by the authority', refusingReply(25), 'rejected', true],
  ['waiting', reply({ status: 3 }), 'rejected', true],
  ['another version', reply({ version: 2 }), 'version', true],
  ['a critical extension of the stamp', reply({ criticalExtension: true }), 'version', false],
  ['signature over other content', reply({ digest: sha256('other') }), 'attributes', true],
  ['not a time-stamp by its attributes', reply({ contentType: '1.2.840.113549.1.7.1' }), 'attributes', false],
  ['the certificate is not named', reply({ named: 'none' }), 'attributes', true],
  ['another certificate is named', reply({ named: physician }), 'signing-certificate', true],
  [
    'another certificate is named by SHA-1',
    reply({ named: physician, namedBySha1: true }),
    'signing-certificate',
    true
  ],
  ['an attribute twice', reply({ double: 'attribute' }), 'attributes', false],
  ['two signers', reply({ double: 'signer' }), 'malformed', true],
  ['attributes in another order', reply({ unsorted: true }), 'malformed', false],
  ['signed over SHA-1', makeReply({ ...making, by: { ...making.by, scheme: rsa('sha1') } }), 'weak', false],
  ['names another authority', reply({ authority: readCertificate(physician).subject }), 'signing-certificate', true],
  ['without its certificate', makeReply({ ...making, withCertificates: false }), 'signing-certificate', true],
  [
    'signed by another key',
    makeReply({ ...making, by: { ...making.by, key: keyOf(signingKeys, 'physician-990101').privateKey } }),
    'signature',
    true
  ],
  [
    'a certificate that had expired',
    makeReply({ ...making, by: stampingKey('tsa-expired') }),
    'authority-expired',
    true
  ],
  [
    'time-stamping not critical',
    makeReply({ ...making, by: stampingKey('tsa-wrong-usage') }),
    'authority-untrusted',
    true
  ],
  ['another root', makeReply({ ...making, by: other }), 'authority-untrusted', true],
  [
    'a signer of documents',
    makeReply({ ...making, by: { certificates: [physician], key: keyOf(signingKeys, 'physician-990101').privateKey } }),
    'authority-untrusted',
    true
  ],
  ['altered by one bit', flipped(good, good.length - 1), 'signature', true],
  ['something behind its end', Buffer.concat([good, Buffer.from([0])]), 'malformed', false],
  ['cut off', good.subarray(0, -1), 'malformed', true],
  ['not the 30th of February', reply({ genTime: '20260230000000Z' }), 'malformed', false],
  ['time without seconds', reply({ genTime: '202609010000Z' }), 'malformed', false],
  ['an hour ahead of our clock', makeReply({ ...making, time: now + 3_600_000 }), 'time', false],
  ['granted, but empty', der(tags.sequence, der(tags.sequence, der(tags.integer, Buffer.from([0])))), 'malformed', true]
]

t.test('openssl and this verifier agree on each reply, where they ask the same question', async t => {
  const folder = t.testdir()
  t.match(execFileSync('openssl', ['version']).toString(), /^OpenSSL [3-9]\./)
  t.equal(await ours(good), 'held')
  t.equal(openssl(folder, good), 'held')
  const withChanges = reply({ status: 1 })
  t.equal(await ours(withChanges), 'held', 'granted with changes: all that was asked for is compared')
  t.equal(openssl(folder, withChanges), 'held')
  const bySha1 = reply({ namedBySha1: true })
  t.equal(await ours(bySha1), 'held', 'named by SHA-1, as older authorities do')
  t.equal(openssl(folder, bySha1), 'held')

  const notAsked: string[] = []
  for (const [title, bytes, fault, asked] of broken) {
    t.equal(await ours(bytes), fault, title)
    t.equal(openssl(folder, bytes), asked ? 'refused' : 'held', `${title}: openssl`)
    if (!asked) notAsked.push(title)
  }
  t.comment(`${broken.length} broken replies; openssl does not ask of: ${notAsked.join('; ')}`)
})

t.test('takes what openssl stamps, with RSA and with ECDSA keys', async t => {
  const folder = t.testdir()
  const query = join(folder, 'q.tsq')
  writeFileSync(query, timestampRequest(question))
  t.match(
    execFileSync('openssl', ['ts', '-query', '-in', query, '-text']).toString(),
    /Hash Algorithm: sha256[\s\S]*Certificate required: yes/
  )
  for (const kind of ['rsa', 'ec'] as const) {
    const { root, stampedBy } = await freshAuthority(kind)
    const roots = file('roots.pem', root.toString('pem'))
    const configuration = file(
      'tsa.cnf',
      [
        '[tsa]',
        'default_tsa = unit',
        '[unit]',
        `serial = ${join(folder, 'serial')}`,
        `signer_cert = ${file('unit.pem', stampedBy.certificate.toString('pem'))}`,
        `signer_key = ${file('unit.key', stampedBy.key.export({ type: 'pkcs8', format: 'pem' }).toString())}`,
        'signer_digest = sha256',
        `default_policy = ${policy}`,
        'digests = sha256',
        'accuracy = secs:2, millisecs:500, microsecs:1',
        'ordering = yes',
        'tsa_name = yes',
        'ess_cert_id_chain = no',
        'ess_cert_id_alg = sha256'
      ].join('\n')
    )
    const made = join(folder, 'made.tsr')
    execFileSync('openssl', ['ts', '-reply', '-config', configuration, '-queryfile', query, '-out', made], {
      stdio: 'pipe'
    })
    const bytes = readFileSync(made)
    const authorities = authorityCheck([Buffer.from(root.rawData)])
    const answer = await judgeReply(bytes, question, { authorities, policies: [policy] }, Date.now())
    t.match(answer, { kind: 'held', timestamp: { accuracy: 2501, policy, authority: 'CN=Fresh Unit' } }, kind)
    const verified = ['ts', '-verify', '-queryfile', query, '-in', made, '-CAfile', roots]
    t.match(execFileSync('openssl', verified, { stdio: 'pipe' }).toString(), /Verification: OK/)
  }

  function file(name: string, text: string): string {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
})

t.test('takes the policies that were said, and no others', async t => {
  const taken = async (policies: readonly string[] | undefined) => {
    const answer = await judgeReply(good, question, { ...trust, policies }, now)
    return answer.kind === 'held' ? answer.timestamp.policy : answer.fault
  }
  t.equal(await taken(undefined), policy)
  t.equal(await taken(['1.2.3', policy]), policy)
  t.equal(await taken(['1.2.3']), 'policy')
  t.equal(await taken([]), 'policy')
})

t.test('says when, how sure, and by whom', async t => {
  const answer = await judgeReply(good, question, trust, now)
  const authority = 'CN=Ryoritsu TEST Time-Stamping Unit,O=Ryoritsu TEST,C=JP'
  t.same(answer, { kind: 'held', timestamp: { time: now, accuracy: 1000, policy, authority } })
  const vague = await judgeReply(makeReply({ ...making, accuracySeconds: undefined! }), question, trust, now)
  t.match(vague, { timestamp: { accuracy: 0 } })
  const finer = await judgeReply(reply({ genTime: `${fourteen(now)}.987654Z` }), question, trust, now)
  t.match(finer, { timestamp: { time: now + 987 } })
})

const fourteen = (time: number) => new Date(time).toISOString().slice(0, 19).replace(/[-:T]/gu, '')

t.test(
  'a token holds after its authority has expired, as of the time that it states; openssl says the same',
  async t => {
    const folder = t.testdir()
    const then = Date.parse('2022-06-01T00:00:00Z')
    const old: Making = { ...making, time: then, by: stampingKey('tsa-expired') }
    t.match(await judgeTimestamp(makeReply(old), imprint, trust), { kind: 'held', timestamp: { time: then } })
    t.match(await judgeTimestamp(makeToken(old), imprint, trust), { kind: 'held' }, 'a token alone')
    t.equal(openssl(folder, makeReply(old)), 'refused', 'as of now')
    t.equal(openssl(folder, makeReply(old), '-attime', String(then / 1000)), 'held', 'as of then')
    t.match(await judgeTimestamp(makeToken(old), sha256('other'), trust), { kind: 'refused', fault: 'imprint' })
    const answer = await judgeReply(makeReply(old), question, trust, now)
    t.match(answer, { kind: 'refused', fault: 'time' }, 'but no such answer is taken now')
  }
)

t.test('takes PSS, ECDSA with SHA-512 and Ed25519; not PSS with SHA-1, nor short keys', async t => {
  const id = (oid: string, ...parameters: readonly Uint8Array[]) => der(tags.sequence, derOid(oid), ...parameters)
  const sha = id('2.16.840.1.101.3.4.2.1')
  const parameters = (salt: number) => [
    der(tags.context(0), sha),
    der(tags.context(1), id('1.2.840.113549.1.1.8', sha)),
    der(tags.context(2), derInteger(Buffer.from([salt])))
  ]
  const pss = (salt: number, ...given: readonly Uint8Array[]): Scheme => ({
    digest: 'sha256',
    algorithm: id('1.2.840.113549.1.1.10', der(tags.sequence, ...given)),
    sign: (bytes, key) => sign('sha256', bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: salt })
  })
  const judged = async (scheme: Scheme, kind: Kind) => {
    const { root, stampedBy } = await freshAuthority(kind)
    const by = { certificates: [Buffer.from(stampedBy.certificate.rawData)], key: stampedBy.key, scheme }
    const authorities = authorityCheck([Buffer.from(root.rawData)])
    const answer = await judgeReply(makeReply({ ...making, by }), question, { ...trust, authorities }, now)
    return answer.kind === 'held' ? 'held' : answer.fault
  }
  t.equal(await judged(pss(32, ...parameters(32)), 'rsa'), 'held')
  t.equal(await judged(pss(32, ...parameters(20)), 'rsa'), 'signature', 'another length of salt')
  t.equal(await judged(pss(20), 'rsa'), 'weak', 'parameters left out mean SHA-1')
  t.equal(
    await judged(
      pss(32, parameters(32)[0]!, der(tags.context(1), id('1.2.840.113549.1.1.8', id('1.3.14.3.2.26')))),
      'rsa'
    ),
    'weak'
  )
  const ecdsa: Scheme = {
    digest: 'sha512',
    algorithm: id('1.2.840.10045.4.3.4'),
    sign: (bytes, key) => sign('sha512', bytes, key)
  }
  t.equal(await judged(ecdsa, 'ec'), 'held')
  t.equal(await judged({ ...ecdsa, algorithm: id('1.2.840.10045.4.3.2') }, 'ec'), 'attributes', 'two hashes')
  const ed25519: Scheme = {
    digest: 'sha512',
    algorithm: id('1.3.101.112'),
    sign: (bytes, key) => sign(null, bytes, key)
  }
  t.equal(await judged(ed25519, 'ed25519'), 'held')
  t.equal(await judged({ ...ed25519, digest: 'sha256' }, 'ed25519'), 'attributes', 'RFC 8419: with SHA-512 alone')
  t.equal(await judged(rsa('sha256'), 'ec'), 'signature', 'an algorithm of another key')
  t.equal(await judged(rsa('sha256'), 'short'), 'weak')
})

t.test('no bit of a token can change what it says, and nothing makes the judge throw', async t => {
  const fixed = await judgeTimestamp(good, imprint, trust)
  let held = 0
  for (let at = 0; at < good.length; at++) {
    const answer = await judgeTimestamp(flipped(good, at), imprint, trust)
    if (answer.kind === 'refused') continue
    held++
    t.same(answer, fixed)
  }
  t.comment(`${held} of ${good.length} bytes may differ by their last bit: they are in nothing that is signed`)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async bytes => {
      const answer = await judgeTimestamp(bytes, imprint, trust)
      return answer.kind === 'refused'
    })
  )
  t.match(await judgeTimestamp(Buffer.alloc(maxTimestampBytes + 1), imprint, trust), { fault: 'too-large' })
})

type Kind = 'rsa' | 'ec' | 'ed25519' | 'short'

/** A root and a unit below it with keys of their own. */
async function freshAuthority(kind: Kind) {
  const rsaKey = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048
  }
  const rootKeys = await webcrypto.subtle.generateKey(rsaKey, true, ['sign', 'verify'])
  const unit = unitKeys(kind)
  const algorithm =
    kind === 'ec' ? { name: 'ECDSA', namedCurve: 'P-256' } : kind === 'ed25519' ? { name: 'Ed25519' } : rsaKey
  const spki = unit.publicKey.export({ type: 'spki', format: 'der' })
  const publicKey = await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify'])
  const common = {
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notAfter: new Date('2100-01-01T00:00:00Z'),
    signingAlgorithm: rsaKey
  }
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...common,
    serialNumber: '01',
    name: 'CN=Fresh Root',
    keys: rootKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)
    ]
  })
  const certificate = await x509.X509CertificateGenerator.create({
    ...common,
    serialNumber: '02',
    subject: 'CN=Fresh Unit',
    issuer: root.subject,
    publicKey,
    signingKey: rootKeys.privateKey,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.timeStamping], true)
    ]
  })
  return { root, stampedBy: { certificate, key: unit.privateKey } }
}

function unitKeys(kind: Kind): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  if (kind === 'ec') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (kind === 'ed25519') return generateKeyPairSync('ed25519')
  return generateKeyPairSync('rsa', { modulusLength: kind === 'short' ? 1024 : 2048 })
}
