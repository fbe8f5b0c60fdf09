import 'reflect-metadata'
import { createHash } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import t from 'tap'
import { signaturePolicy } from '../../fixtures/certificate-leaves.ts'
import { chainOf, testAnchors, testRoots } from '../../fixtures/test-keys.ts'
import { readAnchors, TrustFileError } from '../../src/signature/anchors.ts'
import { readFields } from '../../src/signature/certificate-fields.ts'
import { policiesAlong } from '../../src/signature/certificate-policies.ts'
import { certificateCheck } from '../../src/signature/certificates.ts'
import { hpkiRoles, rolesOf } from '../../src/signature/healthcare-role.ts'
import { readSignaturePolicy } from '../../src/signature/policy-file.ts'
import { der, derOid } from '../../src/standards/der.ts'
import { issue } from '../parties/issue.ts'

/** a file that says this of the test root */
function testAnchorsJson(entry: unknown): string {
  return JSON.stringify({ anchors: { [createHash('sha256').update(testRoots()[0]!).digest('hex')]: entry } })
}

const at = Date.parse('2026-09-10T02:25:00Z')
const any = '2.5.29.32.0'
const [a, b] = ['1.2.392.100495.1.5.9.1', '1.2.392.100495.1.5.9.2'] as const
const root = 'C=JP, O=Ryoritsu TEST, CN=Ryoritsu TEST HPKI-shaped Root CA'

const policies = (...oids: readonly string[]) =>
  oids.length === 0 ? [] : [new x509.CertificatePolicyExtension([...oids], true)]
const explicitAfter = (skip: number) => new x509.Extension('2.5.29.36', true, der(0x30, der(0x80, Buffer.from([skip]))))
const inhibitAnyAfter = (skip: number) => new x509.Extension('2.5.29.54', true, der(0x02, Buffer.from([skip])))

/** a signer below one authority */
async function pathWith(above: readonly x509.Extension[], below: readonly x509.Extension[]) {
  const authority = await issue({
    subject: 'CN=Sub',
    issuer: root,
    key: 'test-sub',
    by: 'test-root',
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ...above
    ]
  })
  const leaf = await issue({
    subject: 'CN=A',
    issuer: 'CN=Sub',
    key: 'physician-990101',
    by: 'test-sub',
    extensions: [new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true), ...below]
  })
  return [leaf, authority] as const
}

async function along(above: readonly x509.Extension[], below: readonly x509.Extension[]) {
  const valid = policiesAlong((await pathWith(above, below)).map(readFields))
  return valid instanceof Set ? [...valid].sort() : valid
}

t.test('a policy holds that every certificate names', async t => {
  t.same(await along(policies(a, b), policies(a)), [a])
  t.same(await along(policies(a), policies(b)), [], 'each names another')
  t.same(await along(policies(), policies(a)), [], 'the authority names none')
  t.same(await along(policies(a), policies()), [])
  t.same(await along(policies(any), policies(a)), [a], 'anyPolicy')
  t.same(await along(policies(a), policies(any)), [a])
  t.equal(await along(policies(any), policies(any)), 'all')
})

t.test('an authority may ask for a policy, and may forbid to say any', async t => {
  t.equal(await along([...policies(a), explicitAfter(0)], policies(b)), undefined)
  t.same(await along([...policies(a), explicitAfter(0)], policies(a)), [a])
  t.same(await along([...policies(a), explicitAfter(5)], policies(b)), [], 'not here yet')
  t.equal(await along(policies(a), [...policies(b), explicitAfter(0)]), undefined, 'the signer’s own certificate asks')
  t.same(await along([...policies(a), inhibitAnyAfter(0)], policies(any)), [], 'any is no policy any more')
  t.same(await along([...policies(a), inhibitAnyAfter(0)], policies(any, a)), [a])
  t.same(await along([...policies(a), inhibitAnyAfter(1)], policies(any)), [a], 'one certificate later it would not be')
})

t.test('an anchor is believed in the policies that are configured for it', async t => {
  const [thumbprint] = Object.keys(JSON.parse(testAnchorsJson({})).anchors)
  const withPolicies = (oids: readonly string[]) =>
    certificateCheck(readAnchors(testRoots(), JSON.stringify({ anchors: { [thumbprint!]: { policies: oids } } })))
  const judged = async (oids: readonly string[], chain: readonly Buffer[]) => {
    const answer = await withPolicies(oids)(
      chain.map(bytes => bytes.toString('base64')),
      at
    )
    return answer.kind === 'trusted' ? answer.path.policies : answer.rule
  }
  const ofA = await pathWith(policies(a, b), policies(a))
  t.same(await judged([a], ofA), [a])
  t.same(await judged([b, a], ofA), [a])
  t.equal(await judged([b], ofA), 'sig-policy')
  t.same(await judged([b], await pathWith(policies(any), policies(any))), [b], 'anyPolicy is this one, too')
  t.equal(await judged([a], await pathWith(policies(a), [])), 'sig-policy')
  const mapping = new x509.Extension('2.5.29.33', true, der(0x30, der(0x30, derOid(a), derOid(b))))
  t.equal(await judged([a], await pathWith([...policies(a), mapping], policies(b))), 'sig-critical-extension')
  const names = new x509.Extension('2.5.29.30', false, der(0x30))
  t.equal(await judged([a], await pathWith([...policies(a), names], policies(a))), 'sig-critical-extension')
})

t.test('an extended key usage must go with signing, where there is one', async t => {
  const check = certificateCheck(testRoots())
  const rule = async (...purposes: readonly string[]) => {
    const chain = await pathWith([], [new x509.ExtendedKeyUsageExtension([...purposes], true)])
    const answer = await check(
      chain.map(bytes => bytes.toString('base64')),
      at
    )
    return answer.kind === 'trusted' ? 'trusted' : answer.rule
  }
  t.equal(await rule('1.3.6.1.5.5.7.3.36'), 'trusted', 'document signing (RFC 9336)')
  t.equal(await rule('1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.4'), 'trusted')
  t.equal(await rule('1.3.6.1.5.5.7.3.1'), 'sig-key-usage', 'a web server’s')
})

t.test('reads what a certificate says that its holder is', async t => {
  const fieldsOf = (chain: string) => readFields(Buffer.from(chainOf(chain).x5c[0]!, 'base64'))
  t.same(rolesOf(fieldsOf('physician-990101'), hpkiRoles), ['Medical Doctor'])
  t.same(rolesOf(fieldsOf('physician-990101-role'), hpkiRoles), ['Nurse'])
  t.same(rolesOf(fieldsOf('physician-990101-without-role'), hpkiRoles), [])
  t.same(rolesOf(fieldsOf('physician-990101'), { ...hpkiRoles, scheme: '1.2.3' }), [], 'another scheme')
  t.same(rolesOf(fieldsOf('physician-990101'), { ...hpkiRoles, attribute: '1.2.3' }), [], 'another attribute')
  const roleWith = async (value: Uint8Array) => {
    const extension = new x509.Extension('2.5.29.9', false, value)
    return readFields((await pathWith([], [extension]))[0])
  }
  const coded = (tag: number) =>
    der(
      tag,
      der(0xa0, derOid(hpkiRoles.scheme)),
      der(0xa1, der(0x0c, Buffer.from('code'))),
      der(0xa2, der(0x0c, Buffer.from('Director of Hospital')))
    )
  const actors = (tag: number) => der(0x31, der(0x30, der(0xa0, coded(tag))), der(0x30, der(0xa0, coded(tag))))
  const attribute = (tag: number) => der(0x30, der(0x30, derOid(hpkiRoles.attribute), der(0x31, actors(tag))))
  const twice = ['Director of Hospital', 'Director of Hospital']
  t.same(rolesOf(await roleWith(attribute(0x31)), hpkiRoles), twice, 'CodedData as SET')
  t.same(rolesOf(await roleWith(attribute(0x30)), hpkiRoles), twice, 'CodedData as SEQUENCE')
  const broken = certificateCheck(testAnchors())
  const chain = await pathWith(policies(signaturePolicy), [
    ...policies(signaturePolicy),
    new x509.Extension('2.5.29.9', false, Buffer.from('3003020101', 'hex'))
  ])
  t.match(
    await broken(
      chain.map(bytes => bytes.toString('base64')),
      at
    ),
    { kind: 'malformed' }
  )
})

t.test('says everything that is wrong with a file of rules', async t => {
  const problems = (read: () => unknown) => {
    try {
      read()
    } catch (error) {
      if (error instanceof TrustFileError) return error.problems
      throw error
    }
    return []
  }
  const anchorsIn = (json: string) => problems(() => readAnchors(testRoots(), json))
  const entryWith = (entry: unknown) => anchorsIn(testAnchorsJson(entry)).map(text => text.replace(/anchor \S+: /u, ''))
  t.equal(anchorsIn('{').length, 1)
  t.same(anchorsIn('[]'), ['needs an object "anchors"'])
  t.same(anchorsIn('{"anchors":{},"roots":1}'), ['roots: no such member'])
  t.match(anchorsIn('{"anchors":{"ab":{}}}'), [/must be the SHA-256/u])
  t.same(entryWith(1), ['must be an object'])
  t.same(entryWith({}), [])
  t.same(
    entryWith({ policies: [], roles: 'x', roleScheme: 'x', roleAttribute: 1, revocation: 'no', colour: 1, name: '' }),
    [
      'policies: must be a list of OIDs, at least one',
      'roles: must be a list of texts, at least one',
      'roleScheme: must be an OID',
      'roleAttribute: must be an OID',
      'revocation: must be "required" or "optional"',
      'colour: no such member',
      'name: must be text',
      'roles: mean nothing without qualification'
    ]
  )
  t.same(entryWith({ qualification: true }), ['qualification: needs policies beside it'])
  const colons = testAnchorsJson({}).replace(/[0-9a-f]{64}/u, hex => hex.toUpperCase().match(/../gu)!.join(':'))
  t.same(anchorsIn(colons), [], 'as openssl writes it')

  const policyIn = (json: string) => problems(() => readSignaturePolicy(json))
  t.same(policyIn('1'), ['must be an object of slots'])
  t.equal(policyIn('{"a"').length, 1)
  t.same(policyIn('{"sp.sign.worker":{},"or.sign.physician":1,"sp.sign.hr":{"deposit":"qualified","x":1}}'), [
    'sp.sign.worker: no slot that is signed for deposit',
    'or.sign.physician: must be an object',
    'sp.sign.hr: x: no such member'
  ])
  const changed = readSignaturePolicy('{"or.sign.physician":{"medicalCertificate":null}}')
  t.same(changed['or.sign.physician'], { deposit: 'organisation', medicalCertificate: undefined })
  t.same(changed['oc.sign.physician'], { deposit: 'organisation', medicalCertificate: 'qualified' })
})
