import { generateKeyPairSync } from 'node:crypto'
import type { Bundle } from '@medplum/fhirtypes'
import fc from 'fast-check'
import t from 'tap'
import { chainOf, keyOf, signingKeys, testAnchors } from '../../fixtures/test-keys.ts'
import type { Caller } from '../../src/document/caller.ts'
import type { WellFormed } from '../../src/document/stages.ts'
import { Refusal } from '../../src/outcome/refusal.ts'
import { certificateCheck } from '../../src/signature/certificates.ts'
import type { SignatureTrust } from '../../src/signature/ports.ts'
import { documentSigningInput, type SignatureClaims, signatureHeader } from '../../src/signature/sign.ts'
import { signedForm } from '../../src/signature/signed-form.ts'
import { type Circumstances, verifyAuthor, verifyAuthorSignature } from '../../src/signature/verify.ts'
import { JsonError, readJson } from '../../src/standards/json.ts'
import { detached, signInput } from '../../src/standards/jws.ts'
import {
  hospital,
  organizationKey,
  physician,
  receivedAt,
  registeredOnly,
  sampleDocument,
  signed,
  signedAt,
  signedByCertificate
} from './sample.ts'

const trust: SignatureTrust = { ...registeredOnly, certificates: certificateCheck(testAnchors()) }
const received: Circumstances = { verifiedAt: receivedAt, receivedAt, organization: hospital }

const verify = (bundle: Bundle, circumstances: Partial<Circumstances> = {}) =>
  verifyAuthorSignature(bundle, trust, { ...received, ...circumstances })

/** what a partner would see: the key, the places and the rules */
async function refusal(bundle: Bundle, circumstances: Partial<Circumstances> = {}) {
  try {
    await verify(bundle, circumstances)
  } catch (error) {
    if (error instanceof Refusal) return { key: error.key, at: error.at, rules: error.issues.map(({ rule }) => rule) }
    throw error
  }
  return 'accepted'
}

type Signature = NonNullable<Bundle['signature']>

function altered(bundle: Bundle, change: Partial<Record<keyof Signature | 'display', unknown>>): Bundle {
  const signature = Object.fromEntries(
    Object.entries({ ...bundle.signature, ...change }).filter(([, value]) => value !== undefined)
  )
  return { ...bundle, signature: signature as unknown as Signature }
}

/** signs with a header that differs from what the contract asks */
function signedWithHeader(change: Readonly<Record<string, unknown>>): Bundle {
  const document = signed(sampleDocument())
  const claims: SignatureClaims = {
    alg: 'RS256',
    kid: organizationKey.kid,
    when: signedAt,
    who: hospital,
    typeCode: '1.2.840.10065.1.12.1.1'
  }
  const header = JSON.parse(JSON.stringify({ ...signatureHeader(claims), ...change }))
  const input = documentSigningInput(document, header)
  const jws = detached(input, signInput('RS256', input, organizationKey.privateKey))
  return altered(document, { data: Buffer.from(jws).toString('base64') })
}

t.test('accepts a signature by a key registered for the organisation', async t => {
  const result = await verify(signed(sampleDocument()))
  t.match(result, {
    assurance: 'organisation',
    algorithm: 'RS256',
    key: 'hospital-1319999015',
    signer: hospital,
    signedAt: Date.parse(signedAt),
    verifiedAt: receivedAt
  })
  t.match(result.digest, /^[\w-]{43}$/)
  t.notHas(result, 'certificateSubject')

  const ed25519 = await verify(signed(sampleDocument(), {}, keyOf(signingKeys, 'hospital-1319999015-ed25519')))
  t.equal(ed25519.algorithm, 'EdDSA')
  t.equal(ed25519.digest, result.digest, 'the digest is of the document alone')
  t.equal((await verify(signed(sampleDocument(), { who: physician }))).signer?.value, '990101', 'for its physician')
})

t.test('accepts a signature by the certificate of the physician', async t => {
  const { x5c } = chainOf('physician-990101')
  t.match(await verify(signedByCertificate(sampleDocument(), 'physician-990101')), {
    assurance: 'certificate',
    certificateSubject: 'serialNumber=990101,CN=新海 志保,O=Ryoritsu TEST,C=JP',
    certificateIssuer: 'CN=Ryoritsu TEST CA-forNonRepudiation,O=Ryoritsu TEST,C=JP',
    signer: physician
  })
  t.equal(x5c.length, 2, 'the root need not be sent')
  const document = sampleDocument({ name: '久遠寺 理人', registration: '990202' })
  const named = await verify(signedByCertificate(document, 'physician-990202', { ...physician, value: '990202' }))
  t.equal(named.assurance, 'certificate', 'the Japanese name may stand in the subjectAltName')
})

t.test('returns the next stage with all of the former', async t => {
  const bundle = signed(sampleDocument())
  const caller = { organizationIdentifier: hospital } as Caller
  const document = { document: { bundle }, at: receivedAt, caller, version: '2026' } as WellFormed
  const verified = await verifyAuthor(document, trust)
  t.equal(verified.document, document.document)
  t.equal(verified.version, '2026')
  t.equal(verified.signature.assurance, 'organisation')
  const other = { ...document, caller: { organizationIdentifier: { ...hospital, value: '2719999027' } } as Caller }
  await t.rejects(verifyAuthor(other, trust), { message: 'signer-mismatch' }, 'sent by another organisation')
})

t.test('refuses a signature block that is not what the contract says', async t => {
  const good = signed(sampleDocument())
  const type = [{ system: 'urn:iso-astm:E1762-95:2013', code: '1.2.840.10065.1.12.1.1' }]
  const cases: readonly (readonly [string, Bundle, string, string, string])[] = [
    ['a display nobody signed', altered(good, { display: 'x' }), 'signature-invalid', 'sig-member', ''],
    [
      'another type',
      altered(good, { type: [{ ...type[0], code: '1.2.840.10065.1.12.1.5' }] }),
      'signature-invalid',
      'sig-type',
      '.type'
    ],
    ['two types', altered(good, { type: [...type, ...type] }), 'signature-invalid', 'sig-type', '.type'],
    [
      'no target format',
      altered(good, { targetFormat: undefined }),
      'signature-invalid',
      'sig-target-format',
      '.targetFormat'
    ],
    [
      'another format',
      altered(good, { sigFormat: 'application/jwt' }),
      'signature-invalid',
      'sig-format',
      '.sigFormat'
    ],
    ['no data', altered(good, { data: undefined }), 'signature-invalid', 'sig-data', '.data'],
    [
      'data with a line end',
      altered(good, { data: `${good.signature?.data}\n` }),
      'signature-invalid',
      'sig-data',
      '.data'
    ],
    [
      'the payload inside',
      altered(good, { data: Buffer.from('e30.e30.AA').toString('base64') }),
      'signature-invalid',
      'sig-data',
      '.data'
    ],
    ['no identifier of the signer', altered(good, { who: { display: 'x' } }), 'signature-invalid', 'sig-who', '.who'],
    [
      'a display of the signer',
      altered(good, { who: { identifier: hospital, display: 'x' } }),
      'signature-invalid',
      'sig-who',
      '.who'
    ],
    [
      'another time than the signed one',
      altered(good, { when: '2026-09-10T02:25:00.000Z' }),
      'signature-invalid',
      'sig-same-time',
      '.when'
    ],
    ['both kid and x5c', signedWithHeader({ x5c: ['AA=='] }), 'signature-invalid', 'sig-one-key', '.data'],
    ['neither kid nor x5c', signedWithHeader({ kid: undefined }), 'signature-invalid', 'sig-one-key', '.data'],
    [
      'another canonical form',
      signedWithHeader({ canon: 'http://hl7.org/fhir/canonicalization/json' }),
      'signature-invalid',
      'sig-canon',
      '.data'
    ],
    ['no commitment', signedWithHeader({ srCms: undefined }), 'signature-invalid', 'sig-commitment', '.data'],
    [
      'another commitment',
      signedWithHeader({ srCms: [{ commId: { id: 'urn:oid:1.2.840.10065.1.12.1.5' } }] }),
      'signature-invalid',
      'sig-commitment',
      '.data'
    ],
    ['a critical extension', signedWithHeader({ crit: ['exp'], exp: 1 }), 'signature-invalid', 'sig-critical', '.data'],
    ['no algorithm', signedWithHeader({ alg: 'none' }), 'signature-algorithm', 'sig-algorithm', '.data'],
    ['a secret shared with others', signedWithHeader({ alg: 'HS256' }), 'signature-algorithm', 'sig-algorithm', '.data']
  ]
  for (const [title, bundle, key, rule, place] of cases) {
    t.same(await refusal(bundle), { key, at: [`Bundle.signature${place}`], rules: [rule] }, title)
  }
  const unsigned = sampleDocument()
  t.same(await refusal(unsigned), { key: 'signature-missing', at: ['Bundle.signature'], rules: [] }, 'none at all')
  t.equal(
    await refusal(signedWithHeader({ crit: ['sigT'], typ: undefined })),
    'accepted',
    'what is understood may be critical'
  )
  const reference = 'urn:uuid:33333333-3333-4333-8333-333333333333'
  t.equal(
    await refusal(altered(good, { who: { identifier: hospital, reference } })),
    'accepted',
    'a reference to the same party'
  )
})

t.test('says all at once that can be seen at once', async t => {
  const bundle = altered(signed(sampleDocument(), { who: { ...hospital, value: '2719999027' } }), {
    sigFormat: undefined,
    type: []
  })
  t.same(await refusal(bundle, { receivedAt: receivedAt + 25 * 3_600_000 }), {
    key: 'signature-invalid',
    at: ['Bundle.signature.type', 'Bundle.signature.sigFormat', 'Bundle.signature.when', 'Bundle.signature.who'],
    rules: ['sig-type', 'sig-format', 'sig-old', 'sig-author']
  })
})

t.test('refuses a time of signing that cannot be', async t => {
  const good = signed(sampleDocument())
  const at = Date.parse(signedAt)
  const implausible = (rule: string) => ({
    key: 'signature-time-implausible',
    at: ['Bundle.signature.when'],
    rules: [rule]
  })
  t.same(await refusal(good, { receivedAt: at - 5 * 60_000 - 1 }), implausible('sig-future'))
  t.equal(await refusal(good, { receivedAt: at - 5 * 60_000 }), 'accepted', 'five minutes ahead')
  t.same(await refusal(good, { receivedAt: at + 24 * 3_600_000 + 1 }), implausible('sig-old'))
  t.equal(await refusal(good, { receivedAt: at + 24 * 3_600_000 }), 'accepted', 'a day old')
  t.equal(await refusal(good, { receivedAt: undefined }), 'accepted', 'time of receipt not known')
  const notATime = altered(signed(sampleDocument(), { when: '2026-09-10' }), {})
  t.match(await refusal(notATime), { key: 'signature-invalid', rules: ['sig-when'] })
})

t.test('refuses a key that is not known, or not for this', async t => {
  const other = keyOf(signingKeys, 'hospital-2719999027')
  t.match(await refusal(signed(sampleDocument(), {}, other)), { key: 'signer-unknown', rules: ['sig-key-unknown'] })
  const posing = signed(sampleDocument(), { kid: organizationKey.kid }, other)
  t.match(await refusal(posing), { key: 'signature-invalid', at: ['Bundle.signature'], rules: ['sig-verify'] })
  const otherAlgorithm = signed(sampleDocument(), { alg: 'PS256' })
  t.match(await refusal(otherAlgorithm), { key: 'signature-algorithm', rules: ['sig-key-algorithm'] })

  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const byCurve = signed(sampleDocument(), {}, { ...organizationKey, alg: 'ES256', privateKey })
  const anyAlgorithm: SignatureTrust = { ...trust, signingKey: () => ({ key: publicKey }) }
  const result = await verifyAuthorSignature(byCurve, anyAlgorithm, received)
  t.equal(result.algorithm, 'ES256')
  await t.rejects(verifyAuthorSignature(signed(sampleDocument()), anyAlgorithm, received), {
    message: 'signature-algorithm'
  })
})

t.test('refuses certificates that prove nothing', async t => {
  const document = sampleDocument()
  const at = ['Bundle.signature.data']
  t.same(await refusal(signedByCertificate(document, 'physician-990101-untrusted')), {
    key: 'certificate-untrusted',
    at,
    rules: ['sig-untrusted']
  })
  t.same(await refusal(signedByCertificate(document, 'physician-990101-expired')), {
    key: 'certificate-expired',
    at,
    rules: ['sig-expired']
  })
  const malformed = signed(document, { x5c: ['AAAA'], who: physician })
  t.same(await refusal(malformed), { key: 'signature-invalid', at, rules: ['sig-x5c'] })
  const stolen = signed(document, { x5c: chainOf('physician-990101').x5c, who: physician })
  t.match(await refusal(stolen), { rules: ['sig-verify'] }, 'a chain shown by someone who has not its key')
})

t.test('refuses a signer who is not the author', async t => {
  const who = { key: 'signer-mismatch', at: ['Bundle.signature.who'] }
  const stranger = signed(sampleDocument(), { who: { ...hospital, value: '2719999027' } })
  t.same(await refusal(stranger), { ...who, rules: ['sig-author'] })
  const reference = 'urn:uuid:22222222-2222-4222-8222-222222222222'
  const mixed = altered(signed(sampleDocument()), { who: { identifier: hospital, reference } })
  t.same(await refusal(mixed), { ...who, rules: ['sig-author'] }, 'identifier and reference of two parties')

  const numbered = signedByCertificate(sampleDocument(), 'physician-990101', hospital)
  t.same(await refusal(numbered), { ...who, rules: ['sig-certificate-identifier', 'sig-certificate-name'] })
  const namesake = signedByCertificate(sampleDocument({ name: '新海 志帆' }), 'physician-990101')
  t.same(await refusal(namesake), { ...who, rules: ['sig-certificate-name'] })
  const renumbered = sampleDocument({ registration: '990109' })
  const other = signedByCertificate(renumbered, 'physician-990101', { ...physician, value: '990109' })
  t.same(await refusal(other), { ...who, rules: ['sig-certificate-identifier'] })

  t.same(await refusal(signed(sampleDocument()), { organization: { ...hospital, value: '2719999027' } }), {
    key: 'signer-mismatch',
    at: ['Bundle.entry[0].resource.author'],
    rules: ['sig-organization']
  })
})

t.test('notices any change of any byte that means something', async t => {
  for (const bundle of [signed(sampleDocument()), signedByCertificate(sampleDocument(), 'physician-990101')]) {
    const bytes = Buffer.from(JSON.stringify(bundle))
    const form = signedForm(bundle)
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (place, difference) => {
        const changed = Buffer.from(bytes)
        changed[place] = changed[place]! ^ difference
        let other: Bundle
        try {
          const { value, ambiguousNumber } = readJson(changed, { maxDepth: 64 })
          if (ambiguousNumber) return true
          other = value as Bundle
        } catch (error) {
          return error instanceof JsonError
        }
        return (await refusal(other)) !== 'accepted' || signedForm(other).equals(form)
      }),
      { numRuns: 400 }
    )
  }
  t.pass('800 changes')
})
