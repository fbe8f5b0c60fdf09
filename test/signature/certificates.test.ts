import 'reflect-metadata'
import { webcrypto, X509Certificate } from 'node:crypto'
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import t from 'tap'
import { generateKeys } from '../../fixtures/keys.ts'
import { authorityKeys, chainOf, signingKeys, type TestKey, trustFolder } from '../../fixtures/test-keys.ts'
import { readAnchors } from '../../src/signature/anchors.ts'
import { certificateCheck } from '../../src/signature/certificates.ts'
import { readRoots } from '../../src/signature/trust.ts'

const roots = readRoots(readFileSync(join(trustFolder, 'roots.pem'), 'utf8'))
const anchors = readAnchors(roots, undefined)
const check = certificateCheck(anchors)
const at = Date.parse('2026-09-10T02:25:00Z')
const { x5c: good } = chainOf('physician-990101')

const kind = async (x5c: readonly string[], time = at) => (await check(x5c, time)).kind
/** the answer and why, as our own records have it */
const why = async (x5c: readonly string[], which = check) => {
  const answer = await which(x5c, at)
  return answer.kind === 'trusted' ? 'trusted' : `${answer.kind}: ${answer.why}`
}

const { digitalSignature, keyCertSign, cRLSign } = x509.KeyUsageFlags
const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
const keys = [...authorityKeys.values(), ...signingKeys.values()]

interface Wanted {
  readonly subject: string
  readonly issuer: string
  /** kid of the test key that is certified, and of the one that signs */
  readonly key: string
  readonly by: string
  readonly extensions: readonly x509.Extension[]
  readonly hash?: string
}

async function issue({ subject, issuer, key, by, extensions, hash = 'SHA-256' }: Wanted): Promise<string> {
  const load = ({ privateKey, publicKey }: TestKey, use: 'sign' | 'verify') => {
    const jwk = (use === 'sign' ? privateKey : publicKey).export({ format: 'jwk' })
    return webcrypto.subtle.importKey('jwk', jwk, { ...algorithm, hash }, true, [use])
  }
  const find = (kid: string) => keys.find(each => each.kid === kid)!
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '77',
    subject,
    issuer,
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notAfter: new Date('2030-01-01T00:00:00Z'),
    signingAlgorithm: { ...algorithm, hash },
    publicKey: await load(find(key), 'verify'),
    signingKey: await load(find(by), 'sign'),
    extensions: [...extensions]
  })
  return Buffer.from(certificate.rawData).toString('base64')
}

const signer = [new x509.KeyUsagesExtension(digitalSignature, true)]
const authority = (pathLength?: number) => [
  new x509.BasicConstraintsExtension(true, pathLength, true),
  new x509.KeyUsagesExtension(keyCertSign | cRLSign, true)
]
const rootName = 'C=JP, O=Ryoritsu TEST, CN=Ryoritsu TEST HPKI-shaped Root CA'
const intermediateName = 'C=JP, O=Ryoritsu TEST, CN=Ryoritsu TEST CA-forNonRepudiation'

/** a leaf right below the root, but for what is said otherwise */
const leaf = (change: Partial<Wanted> = {}) =>
  issue({ subject: 'CN=A', issuer: rootName, key: 'physician-990101', by: 'test-root', extensions: signer, ...change })

t.test('trusts a path to an anchor, with or without the root in it', async t => {
  const answer = await check(good, at)
  t.match(answer, { kind: 'trusted', signer: { commonNames: ['新海 志保'], identifiers: ['990101'] } })
  t.equal(await kind([...good, roots[0]!.toString('base64')]), 'trusted')
  t.equal(await kind([await leaf()]), 'trusted', 'right below the root')
  const again = await check(good, at)
  t.ok(answer.kind === 'trusted' && again.kind === 'trusted' && again.signer === answer.signer, 'and remembers it')
})

t.test('reads names where cards have them', async t => {
  t.match(await check(chainOf('physician-990202').x5c, at), {
    signer: {
      subject: 'serialNumber=990202,CN=Rihito Kuonji,O=Ryoritsu TEST,C=JP',
      commonNames: ['Rihito Kuonji', '久遠寺 理人'],
      identifiers: ['990202', '990202']
    }
  })
  const special = await leaf({ subject: 'CN="a, b+c", 2.5.4.97=#0c054e54524a50' })
  t.match(await check([special], at), {
    signer: { subject: 'organizationIdentifier=NTRJP,CN=a\\, b\\+c', identifiers: ['NTRJP'] }
  })
})

t.test('tells an expired path from one that leads nowhere', async t => {
  const { x5c: expired } = chainOf('physician-990101-expired')
  t.equal(await kind(expired), 'expired')
  t.equal(await kind(expired, Date.parse('2024-06-01T00:00:00Z')), 'trusted', 'it was good when it was')
  t.equal(await kind(expired), 'expired', 'and is remembered with its time')
  t.equal(await kind(good, Date.parse('2019-12-31T23:59:59Z')), 'expired', 'not yet valid')
  t.equal(await kind(good, Date.parse('2120-01-01T00:00:01Z')), 'expired')
  const nowhere = certificateCheck([])
  t.equal((await nowhere(expired, at)).kind, 'untrusted', 'no anchors: expired does not matter')
})

t.test('does not trust what leads to no anchor', async t => {
  t.equal(await kind(chainOf('physician-990101-untrusted').x5c), 'untrusted')
  t.equal(await kind(good.slice(0, 1)), 'untrusted', 'without its intermediate')
  t.equal(await kind(good.toReversed()), 'untrusted', 'leaf last')
  const forged = await leaf({ by: 'other-root' })
  t.equal(await kind([forged]), 'untrusted', 'an anchor of the same name, another key')
})

t.test('lets nobody but an authority certify, and no authority sign', async t => {
  const below = await leaf({ issuer: 'C=JP, O=Ryoritsu TEST, CN=B', by: 'physician-990202' })
  const end = await leaf({ subject: 'C=JP, O=Ryoritsu TEST, CN=B', key: 'physician-990202' })
  t.equal(await why([below, end]), 'untrusted: path validation ended with 14')
  t.equal(await why([await leaf({ extensions: authority() })]), 'untrusted: an authority signs no documents')
  t.equal(await why([roots[0]!.toString('base64')]), 'untrusted: an authority signs no documents')
  const keyless = await leaf({ extensions: [new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyEncipherment, true)] })
  t.equal(await why([keyless]), 'untrusted: the certificate is not for signing')
  t.equal(await why([await leaf({ extensions: [] })]), 'untrusted: the certificate is not for signing')
  const critical = [...signer, new x509.Extension('1.2.3.4', true, new Uint8Array([5, 0]))]
  t.equal(await why([await leaf({ extensions: critical })]), 'untrusted: unknown critical extension')
})

t.test('holds authorities to the path length that they were given', async t => {
  // the intermediate may certify signers only
  const sub = await leaf({
    subject: 'CN=Sub',
    issuer: intermediateName,
    by: 'test-intermediate',
    key: 'physician-990202',
    extensions: authority()
  })
  const end = await leaf({ issuer: 'CN=Sub', by: 'physician-990202' })
  t.equal(await why([end, sub, good[1]!]), 'untrusted: a path is longer than its authority allows')
})

t.test('refuses weak signatures and is not led in circles', async t => {
  t.equal(await why([await leaf({ hash: 'SHA-1' })]), 'untrusted: a certificate is signed too weakly')
  const a = { subject: 'CN=A', key: 'physician-990202', extensions: authority() }
  const b = { subject: 'CN=B', key: 'physician-990303', extensions: authority() }
  const aByB = await leaf({ ...a, issuer: 'CN=B', by: b.key })
  const bByA = await leaf({ ...b, issuer: 'CN=A', by: a.key })
  const end = await leaf({ issuer: 'CN=A', by: a.key })
  t.equal(await kind([end, aByB, bByA]), 'untrusted')
  t.equal(await kind([end, aByB, bByA, aByB]), 'untrusted')
  t.equal(await why([good[0]!, good[1]!, good[0]!]), 'untrusted: the path is not that of the signer', 'a leaf twice')
})

t.test('says what is not a list of certificates', async t => {
  const huge = Buffer.alloc(8193).toString('base64')
  const trailing = Buffer.concat([Buffer.from(good[0]!, 'base64'), Buffer.from([0])]).toString('base64')
  const lists = [[], [''], ['AAAA'], ['not base64'], [huge], [trailing, good[1]!], Array<string>(6).fill(good[0]!)]
  for (const x5c of lists) t.equal(await kind(x5c), 'malformed', `${x5c.length}`)
})

t.test('forgets the path that was not used for the longest time', async t => {
  const small = certificateCheck(anchors, { maxPaths: 2 })
  const signerOf = async (file: string) => {
    const answer = await small(chainOf(file).x5c, at)
    return answer.kind === 'trusted' ? answer.signer : undefined
  }
  const first = await signerOf('physician-990101')
  const second = await signerOf('physician-990202')
  t.equal(await signerOf('physician-990101'), first)
  await signerOf('physician-990303')
  t.equal(await signerOf('physician-990101'), first, 'used again, so kept')
  t.not(await signerOf('physician-990202'), second, 'forgotten and found anew')
})

t.test('has test certificates as its generator makes them', async t => {
  const source = join(trustFolder, '..')
  const copy = t.testdir()
  cpSync(source, copy, { recursive: true })
  await generateKeys(copy)
  for (const folder of ['.', 'certificates', 'trust']) {
    for (const file of readdirSync(join(source, folder)).filter(name => /\.(pem|json)$/.test(name))) {
      t.same(readFileSync(join(copy, folder, file)), readFileSync(join(source, folder, file)), file)
    }
  }
  const { subject } = new X509Certificate(chainOf('physician-990101').pem[0]!)
  t.match(subject, 'O=Ryoritsu TEST')
})
