import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bundle, Parameters as FhirParameters } from '@medplum/fhirtypes'
import t from 'tap'
import { cases } from '../../fixtures/cases/cases.ts'
import { signWithKey } from '../../fixtures/signers.ts'
import { keyOf, signingKeys, testAnchors, trustFolder } from '../../fixtures/test-keys.ts'
import { medicalRegistrationSystem } from '../../src/document/identifier.ts'
import { as, type DocumentId } from '../../src/document/ids.ts'
import { RevocationStore } from '../../src/journeys/document/revocation-data.ts'
import { certificateCheck } from '../../src/signature/certificates.ts'
import type { CertificatePath } from '../../src/signature/ports.ts'
import { revocationCheck } from '../../src/signature/revocation/check.ts'
import { evidenceSource, revocationDataIn } from '../../src/signature/revocation/evidence.ts'
import { signDocument } from '../../src/signature/sign.ts'
import { signatureTypes } from '../../src/signature/signed-form.ts'
import { toInstant } from '../../src/standards/fhir-time.ts'
import { CertificateAuthority } from '../parties/certificate-authority.ts'
import { startGateway } from '../parties/gateway.ts'
import type { Answered } from '../parties/party.ts'
import { prepareParameters } from '../parties/sign-elsewhere.ts'
import { deposit, expectStatus, liveDocument, refusalOf, search } from '../parties/story.ts'
import { closeAll, joinedCase } from './joined-case.ts'

/** Dr Shinkai of case 1 deposits opinions with a card whose authority is on the network. */
const story = cases[0]!
const { registration, name } = story.physician
const key = `physician-${registration}`
const anchors = JSON.parse(readFileSync(join(trustFolder, 'anchors.json'), 'utf8')) as {
  anchors: Record<string, Record<string, unknown>>
}

/** A gateway that knows what the test root is believed, with rules of its own in its trust folder. */
async function startBelieving(home: string, rules: { readonly revocation?: string; readonly policy?: object } = {}) {
  const [entry] = Object.entries(anchors.anchors)
  mkdirSync(join(home, 'trust'), { recursive: true })
  const changed = { anchors: { [entry![0]]: { ...entry![1], revocation: rules.revocation ?? 'optional' } } }
  writeFileSync(join(home, 'trust', 'anchors.json'), JSON.stringify(changed))
  writeFileSync(join(home, 'trust', 'signature-policy.json'), JSON.stringify(rules.policy ?? {}))
  const running = await startGateway({ home })
  const joined = await joinedCase(running, story)
  t.teardown(async () => {
    await closeAll(Object.values(joined.town))
    await running.stop()
  })
  let count = 0
  const unsigned = () => {
    count += 1
    const identifier = `${story.hospital.number}^2026^${7000 + count}`
    const { signature: _, ...bundle } = liveDocument(story, 'opinion-continuation', joined.atHospital, { identifier })
    return bundle as Bundle
  }
  const prepare = (body: FhirParameters) => joined.town.hospital.post('/fhir/Bundle/$prepare-signature', body)
  return {
    parts: running.gateway.parts,
    /** with the card of Dr Shinkai */
    byCard: async (x5c: readonly string[]) => {
      const signing = {
        alg: 'RS256',
        who: { system: medicalRegistrationSystem, value: registration },
        when: toInstant(Date.now())
      } as const
      const document = unsigned()
      const certificates = x5c.map(der => Buffer.from(der, 'base64'))
      const before = await prepare(prepareParameters(document, { ...signing, certificates }))
      const { privateKey } = keyOf(signingKeys, key)
      const claims = { ...signing, key: privateKey, typeCode: signatureTypes.author, x5c }
      return saidBefore(before, await deposit(joined.town.hospital, signDocument(document, claims)))
    },
    /** with the key of the house */
    byHouse: async () => {
      const kid = `hospital-${story.hospital.number}`
      const signing = { who: story.hospital.identifier, when: toInstant(Date.now()) }
      const document = unsigned()
      const before = await prepare(prepareParameters(document, { ...signing, alg: 'RS256', kid }))
      return saidBefore(before, await deposit(joined.town.hospital, signWithKey(document, signing, kid)))
    },
    found: () => search(joined.town.worker, joined.atWorker.subject)
  }
}

/** Whatever deposit says of a signature, was said before it was made. */
function saidBefore<Body>(prepared: Answered, deposited: Answered<Body>): Answered<Body> {
  t.equal(prepared.status, deposited.status === 201 ? 200 : deposited.status, 'as before it was signed')
  t.equal(refusalOf(prepared), refusalOf(deposited))
  return deposited
}

async function startAuthority(parts: Parameters<typeof CertificateAuthority.start>[0] = {}) {
  const authority = await CertificateAuthority.start(parts)
  t.teardown(() => authority.close())
  return authority
}

const verificationOf = (gateway: Awaited<ReturnType<typeof startBelieving>>, { body }: Answered<{ id?: string }>) =>
  gateway.parts.documents.verification(as<DocumentId>(body.id!))
const hourAgo = () => new Date(Date.now() - 3_600_000)

const gateway = await startBelieving(join(t.testdir(), 'usual'))

t.test('a deposit is judged by what the authority says, and what it said is kept with it', async t => {
  const authority = await startAuthority()
  const card = await authority.certify(key, name, registration)
  const first = expectStatus(await gateway.byCard(card), 201)
  const kept = await verificationOf(gateway, first)
  t.match(kept, {
    assurance: 'certificate',
    path: {
      policies: ['1.2.392.100495.1.5.1.1.0.1'],
      roles: ['Medical Doctor'],
      isQualification: true,
      revocation: { status: 'good', evidence: [{ kind: 'crl' }, { kind: 'crl' }] }
    }
  })
  t.equal(kept.path!.certificates.length, 3)
  t.same([...authority.asked].sort(), ['/authorities.crl', '/users.crl'])
  const stored = await Promise.all(
    kept.path!.revocation.evidence.map(({ hash }) => gateway.parts.revocationData.byHash(hash))
  )
  t.ok(
    stored.every(row => row !== undefined && row.bytes.length > 200),
    'the exact bytes of the lists are stored'
  )
  const path = await certificateCheck(testAnchors())(card, kept.signedAt)
  const evidence = stored.map(row => revocationDataIn(row!.bytes)!)
  const again = await revocationCheck(evidenceSource(evidence))((path as { path: CertificatePath }).path, {
    signedAt: kept.signedAt,
    provenAt: kept.verifiedAt,
    now: undefined
  })
  t.equal(again.status, 'good', 'and say the same without the network')

  expectStatus(await gateway.byCard(card), 201)
  t.equal(authority.asked.length, 2, 'lists at hand are not asked for again')
})

t.test('the responder is asked before the list', async t => {
  const authority = await startAuthority({ hasResponder: true })
  const answered = expectStatus(await gateway.byCard(await authority.certify(key, name, registration)), 201)
  const { path } = await verificationOf(gateway, answered)
  t.match(path, { revocation: { status: 'good', evidence: [{ kind: 'ocsp' }, { kind: 'crl' }] } })
  t.notOk(authority.asked.includes('/users.crl'))
  const stolen = await authority.certify(key, name, registration)
  authority.revoke(stolen, hourAgo(), 1)
  t.equal(refusalOf(await gateway.byCard(stolen)), 'certificate-revoked')
})

t.test('a card that was revoked before signs nothing, and nothing is stored', async t => {
  const authority = await startAuthority()
  const stolen = await authority.certify(key, name, registration)
  authority.revoke(stolen, hourAgo(), 1)
  const before = (await gateway.found()).length
  const refused = await gateway.byCard(stolen)
  t.equal(refused.status, 422)
  t.equal(refusalOf(refused), 'certificate-revoked')
  t.equal((await gateway.found()).length, before)

  const silent = { crl: async () => undefined, ocsp: async () => undefined }
  const afterRestart = new RevocationStore({ fetch: silent, reads: gateway.parts.revocationData, now: Date.now })
  const at = Date.now()
  const { path } = (await certificateCheck(testAnchors())(stolen, at)) as { path: CertificatePath }
  const { status } = await revocationCheck(afterRestart)(path, { signedAt: at, provenAt: at, now: at })
  t.equal(status, 'revoked', 'but the list, so that nobody wins by a restart and by keeping the authority away')
})

t.test('an authority that does not answer holds up nobody, and leaves the question open', async t => {
  const authority = await startAuthority()
  authority.isDown = true
  const card = await authority.certify(key, name, registration)
  const first = expectStatus(await gateway.byCard(card), 201)
  t.match(await verificationOf(gateway, first), { path: { revocation: { status: 'unknown', evidence: [] } } })
  const asked = authority.asked.length
  expectStatus(await gateway.byCard(card), 201)
  t.equal(authority.asked.length, asked, 'and is left alone for a minute')
})

t.test('a card that says nurse is not one of the physician’s', async t => {
  const authority = await startAuthority()
  const card = await authority.certify(key, name, registration, 'Nurse')
  t.equal(refusalOf(await gateway.byCard(card)), 'qualification-missing')
})

t.test('where the operator asks for it, silence is refused, and so is less than a qualified signature', async t => {
  const strict = await startBelieving(join(t.testdir(), 'strict'), {
    revocation: 'required',
    policy: { 'oc.sign.physician': { deposit: 'qualified' } }
  })
  const authority = await startAuthority()
  const card = await authority.certify(key, name, registration)
  authority.isDown = true
  const silent = await strict.byCard(card)
  t.equal(refusalOf(silent), 'certificate-untrusted')
  t.match(silent.body, { issue: [{ details: { coding: [{ code: 'sig-revocation-unknown' }] } }] })
  t.equal(refusalOf(await strict.byHouse()), 'qualification-missing')
  const better = await startAuthority()
  t.equal((await strict.byCard(await better.certify(key, name, registration))).status, 201)
})

t.test('rules that cannot be read stop the start, all problems at once', async t => {
  const home = t.testdir({
    trust: {
      'anchors.json': JSON.stringify({ anchors: { ['ab'.repeat(32)]: { qualification: 'yes' } } }),
      'signature-policy.json': JSON.stringify({ 'oc.sign.nobody': {}, 'oc.sign.physician': { deposit: 'best' } })
    }
  })
  await t.rejects(startGateway({ home }), {
    name: 'ConfigError',
    problems: [
      /anchors\.json: anchor (ab)+: roots\.pem holds no certificate of this SHA-256/u,
      /anchors\.json: anchor (ab)+: qualification: must be true or false/u,
      /signature-policy\.json: oc\.sign\.nobody: no slot that is signed for deposit/u,
      /signature-policy\.json: oc\.sign\.physician: deposit: must be one of attested, organisation, certificate, qualified/u
    ]
  })
})
