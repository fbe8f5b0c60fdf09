import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import type { Bundle, Composition, Consent } from '@medplum/fhirtypes'
import t from 'tap'
import { case1 } from '../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { case3 } from '../../fixtures/cases/3-stroke-driver.ts'
import { case4 } from '../../fixtures/cases/4-liver-developer.ts'
import { case5 } from '../../fixtures/cases/5-colitis-call-center.ts'
import { case6 } from '../../fixtures/cases/6-diabetes-inspection.ts'
import { filesOf } from '../../fixtures/documents.ts'
import { signWithCertificate, signWithKey } from '../../fixtures/signers.ts'
import { documentIdSystem } from '../../src/document/canonical.ts'
import { medicalRegistrationSystem } from '../../src/document/identifier.ts'
import { toInstant } from '../../src/standards/fhir-time.ts'
import { assembleDocument } from '../parties/assemble.ts'
import { startGateway } from '../parties/gateway.ts'
import type { Answered, Asking, Party } from '../parties/party.ts'
import { register } from '../parties/register.ts'
import {
  deposit,
  expectStatus,
  invite,
  join,
  liveDocument,
  openCase,
  parameters,
  release,
  releaseConsent
} from '../parties/story.ts'
import { bearerAt } from './bearer-at.ts'
import { closeAll, joinedCase, openedAgain } from './joined-case.ts'
import { isRefused, type Refused } from './refused.ts'
import { Stored } from './stored.ts'

const negative = (name: string) =>
  readFileSync(joinPath(import.meta.dirname, '../../fixtures/negative', `${name}.json`), 'utf8')

/** One way to go wrong; `send` sends it anew each time, and the answer differs in its language alone. */
interface Bad extends Refused {
  readonly what: string
  readonly send: (headers: Readonly<Record<string, string>>) => Promise<Answered>
  /** whether the gateway knows who sends it, so that each refusal has a record of its own */
  readonly isKnown?: boolean
}

const home = mkdtempSync(joinPath(tmpdir(), 'ryoritsu-'))
const running = await startGateway({ home })
const one = await joinedCase(running, case1)
const { hospital, hr, ohp, worker, employerAuditor } = one.town
const stored = new Stored(home)
const parties: Party[] = [...Object.values(one.town)]
const employer = { name: case1.employer.name, identifier: case1.employer.identifier }

async function registered(registering: Parameters<typeof register>[1], changes: object = {}): Promise<Party> {
  const party = await register(running, registering)
  Object.assign(party.file, changes)
  parties.push(party)
  return party
}

t.teardown(async () => {
  await closeAll(parties)
  stored.close()
  rmSync(home, { recursive: true, force: true })
})

/** Sends each in both languages: it is refused as it should be, and nothing is stored but the record of that. */
async function refuses(t: Parameters<typeof isRefused>[0], all: readonly Bad[]): Promise<void> {
  for (const { what, send, isKnown = true, ...expected } of all) {
    const before = stored.rows()
    const recorded = stored.refusals().length
    for (const language of ['ja', 'en'] as const)
      isRefused(t, await send({ 'accept-language': language }), expected, language, what)
    t.same(stored.rows(), before, `${what}: nothing is stored`)
    const acts = stored.refusals().slice(recorded)
    t.equal(acts.filter(act => act === 'refuse').length, isKnown ? 2 : 0, `${what}: but its record, each time`)
  }
}

const opinion = (options: Parameters<typeof liveDocument>[3] = {}): Bundle =>
  liveDocument(case1, 'opinion-continuation', one.atHospital, { identifier: `1319999015^2026^${number++}`, ...options })
let number = 700_000

type Send = Bad['send']
const posted =
  (party: Party, path: string, body: unknown, more: Readonly<Record<string, string>> = {}): Send =>
  headers =>
    party.post(path, body, { headers: { ...headers, ...more } })
const deposited = (body: unknown, more: Readonly<Record<string, string>> = {}): Send =>
  posted(hospital, '/fhir/Bundle', body, more)
const got =
  (party: Party, path: string, more: Asking['headers'] = {}): Send =>
  headers =>
    party.get(path, { headers: { ...headers, ...more } })
const bare =
  (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS',
    path: string,
    body?: string,
    more: object = {}
  ): Send =>
  headers =>
    hospital.send(method, path, body, { ...headers, ...more })

await t.test('what cannot be read at all', async t => {
  const text = JSON.stringify(opinion())
  await refuses(t, [
    { what: 'no media type', key: 'media-type', send: deposited(text, { 'content-type': '' }) },
    { what: 'text', key: 'media-type', send: deposited(text, { 'content-type': 'text/plain' }) },
    {
      what: 'XML that is no FHIR',
      key: 'invalid-xml',
      at: /^line 1, column 1$/u,
      send: deposited('<Bundle/>', { 'content-type': 'application/fhir+xml' })
    },
    {
      what: 'another charset',
      key: 'media-type',
      send: deposited(text, { 'content-type': 'application/fhir+json; charset=shift_jis' })
    },
    {
      what: 'another version of FHIR',
      key: 'media-type',
      send: deposited(text, { 'content-type': 'application/fhir+json; fhirVersion=3.0' })
    },
    {
      what: 'an answer as a page',
      key: 'not-acceptable',
      send: got(hospital, '/fhir/DocumentReference', { accept: 'text/html' })
    },
    {
      what: 'an answer as a page to a deposit',
      key: 'not-acceptable',
      send: deposited(text, { accept: 'text/html' })
    },
    {
      what: 'broken JSON',
      key: 'invalid-json',
      at: /^line \d+, column \d+$/u,
      send: deposited(negative('broken-json'))
    },
    { what: 'nothing', key: 'invalid-json', send: deposited('') },
    { what: 'a byte order mark', key: 'invalid-json', send: deposited(`\ufeff${text}`) },
    { what: 'another encoding', key: 'invalid-json', send: deposited(Buffer.from(text, 'utf16le')) },
    {
      what: 'broken UTF-8',
      key: 'invalid-json',
      send: deposited(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xe3, 0x81, 0x22, 0x7d])]))
    },
    { what: 'half a character', key: 'invalid-json', send: deposited('{"resourceType":"Bundle","id":"\\ud83d"}') },
    { what: 'a member twice', key: 'duplicate-key', at: /^line/u, send: deposited(negative('duplicate-key')) },
    { what: 'too deep', key: 'too-deep', send: deposited(negative('deeply-nested')) },
    { what: 'too deep, elsewhere', key: 'too-deep', send: posted(worker, '/fhir/Consent', '['.repeat(100_000)) },
    {
      what: 'a consent that is broken',
      key: 'invalid-json',
      send: posted(worker, '/fhir/Consent', '{"resourceType":')
    },
    {
      what: 'Parameters with a member twice',
      key: 'duplicate-key',
      send: posted(hr, '/fhir/EpisodeOfCare/$open', '{"resourceType":"Parameters","resourceType":"Parameters"}')
    }
  ])
})

await t.test('the first of several reasons', async t => {
  const text = { 'content-type': 'text/plain' }
  const page = { accept: 'text/html' }
  const broken = '{"resourceType":'
  const unknown = randomUUID()
  const confirm = `/fhir/DocumentReference/${unknown}/$confirm`
  await refuses(t, [
    { what: 'type before Accept', key: 'media-type', send: deposited(broken, { ...text, ...page }) },
    { what: 'Accept before syntax', key: 'not-acceptable', send: deposited(broken, page) },
    { what: 'syntax before what is not there', key: 'invalid-json', send: posted(worker, confirm, broken) },
    {
      what: 'syntax before a form that is not there',
      key: 'invalid-json',
      send: posted(hr, '/fhir/Questionnaire/none/$populate', broken)
    },
    {
      what: 'syntax before a consent that is not there',
      key: 'invalid-json',
      send: headers => worker.put(`/fhir/Consent/${unknown}`, broken, { headers })
    },
    {
      what: 'what is not there before its version',
      key: 'not-found',
      send: headers => worker.put(`/fhir/Consent/${unknown}`, { resourceType: 'Consent' }, { headers })
    },
    {
      what: 'parameters before a case that is not there',
      key: 'parameter-invalid',
      send: posted(worker, `/fhir/EpisodeOfCare/${unknown}/$invite`, parameters({ name: 'role', valueCode: 'anybody' }))
    }
  ])
})

await t.test('what is too large', async t => {
  const large = Buffer.alloc(1_048_577, ' ')
  const whole = JSON.stringify(opinion()).padEnd(1_048_577, ' ')
  await refuses(t, [
    {
      what: 'by its Content-Length, whoever sends it',
      key: 'too-large',
      isKnown: false,
      send: bare('POST', '/fhir/Bundle', whole)
    },
    { what: 'by its Content-Length', key: 'too-large', isKnown: false, send: deposited(large) },
    { what: 'anywhere', key: 'too-large', isKnown: false, send: posted(worker, '/fhir/Consent', large) },
    { what: 'in chunks', key: 'too-large', send: headers => chunked(headers, large) }
  ])
  const exact = JSON.stringify(opinion())
  const padded = exact.padEnd(1_048_576 - (Buffer.byteLength(exact) - exact.length), ' ')
  t.equal(Buffer.byteLength(padded), 1_048_576)
  t.equal((await hospital.post('/fhir/Bundle', padded)).status, 201, 'what just fits is taken')
})

/** Without a Content-Length, so that only reading tells how much it is. */
async function chunked(headers: Readonly<Record<string, string>>, body: Uint8Array): Promise<Answered> {
  const token = await hospital.token()
  const answer = await fetch(`${running.baseUrl}/fhir/Bundle`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' },
    body: new Blob([new Uint8Array(body)]).stream(),
    duplex: 'half'
  } as RequestInit)
  const bytes = Buffer.from(await answer.arrayBuffer())
  const text = bytes.toString()
  return { status: answer.status, headers: Object.fromEntries(answer.headers), bytes, text, body: JSON.parse(text) }
}

await t.test('who calls', async t => {
  const token = await hospital.token()
  const [head, claims, signature] = token.split('.') as [string, string, string]
  const bearer = (value: string) => bare('GET', '/fhir/DocumentReference', undefined, { authorization: value })
  const other = JSON.parse(Buffer.from(claims, 'base64url').toString())
  const forged = Buffer.from(JSON.stringify({ ...other, scope: 'system/*.cruds' })).toString('base64url')
  const unknown = { isKnown: false, key: 'unauthorized' } as const
  await refuses(t, [
    { what: 'nobody', ...unknown, send: bare('GET', '/fhir/DocumentReference') },
    {
      what: 'nobody who sends a document',
      ...unknown,
      send: bare('POST', '/fhir/Bundle', '{}', { 'content-type': 'text/plain' })
    },
    { what: 'a name and a password', ...unknown, send: bearer('Basic dXNlcjpwYXNz') },
    { what: 'no token at all', ...unknown, send: bearer('Bearer') },
    { what: 'something else than a token', ...unknown, send: bearer('Bearer abc.def.ghi') },
    { what: 'a token with other claims', ...unknown, send: bearer(`Bearer ${head}.${forged}.${signature}`) },
    { what: 'a token without signature', ...unknown, send: bearer(`Bearer ${head}.${claims}.`) },
    {
      what: 'an assertion instead of a token',
      ...unknown,
      send: async headers => bearer(`Bearer ${await hospital.assertion()}`)(headers)
    }
  ])
  t.match((await bearer('Basic x')({})).headers['www-authenticate'], /^Bearer/u)

  const noPerson = await registered({ role: 'employer-hr', organization: employer })
  const severalPurposes = await registered(
    {
      role: 'employer-ohp',
      organization: employer,
      purposes: ['support-consideration', 'plan-support'],
      person: { id: 'ohp', name: '産業 医師' }
    },
    { purpose: undefined }
  )
  const narrow = await registered({ role: 'hospital', organization: case1.hospital }, { scope: 'system/Bundle.r' })
  const id = randomUUID()
  await refuses(t, [
    { what: 'a scope that does not reach', key: 'insufficient-scope', send: posted(narrow, '/fhir/Bundle', opinion()) },
    {
      what: 'a scope that does not reach, before the media type',
      key: 'insufficient-scope',
      send: posted(narrow, '/fhir/Bundle', 'x', { 'content-type': 'text/plain' })
    },
    {
      what: 'a role that may not',
      key: 'role-not-allowed',
      send: posted(hospital, '/fhir/EpisodeOfCare/$accept', parameters())
    },
    { what: 'HR that sends an opinion', key: 'role-not-allowed', send: posted(hr, '/fhir/Bundle', signedByHr()) },
    {
      what: 'HR that withdraws a case',
      key: 'role-not-allowed',
      send: posted(
        hr,
        `/fhir/EpisodeOfCare/${one.atHr.id}/$transition`,
        parameters({ name: 'to', valueCode: 'withdrawn' })
      )
    },
    { what: 'health information for nobody', key: 'person-missing', send: got(noPerson, `/fhir/Bundle/${id}`) },
    {
      what: 'health information for no purpose',
      key: 'acting-ambiguous',
      send: got(severalPurposes, `/fhir/Bundle/${id}`)
    },
    { what: 'what is not there', key: 'not-found', send: got(hospital, `/fhir/Bundle/${id}`) },
    {
      what: 'a case that is not there',
      key: 'not-found',
      send: posted(worker, `/fhir/EpisodeOfCare/${id}/$invite`, parameters({ name: 'role', valueCode: 'hospital' }))
    },
    {
      what: 'an auditor that reads documents',
      key: 'insufficient-scope',
      send: got(employerAuditor, '/fhir/DocumentReference')
    }
  ])
})

/** HR's key under the physician's form: the kind says who may send it. */
function signedByHr(): Bundle {
  const { content } = filesOf(case1).find(({ document }) => document.kind === 'opinion-continuation')!
  const when = toInstant(Date.now())
  const { localIdentifiers: _, ...own } = content
  const unsigned = assembleDocument({
    ...own,
    at: when,
    author: case1.employer.hr,
    organization: case1.employer,
    caseIdentifier: one.atHr.identifier,
    caseSubject: one.atHr.subject,
    identifier: { system: documentIdSystem, value: 'hr-opinion' }
  })
  return signWithKey(unsigned, { who: case1.employer.identifier, when }, `employer-${case1.employer.identifier.value}`)
}

await t.test('tokens', async t => {
  const refused = async (what: string, assertion: string, error: string, scope?: string) => {
    const before = stored.rows()
    const answered = await hospital.grant(assertion, scope)
    t.equal(answered.status, error === 'invalid_client' ? 401 : 400, what)
    t.match(answered.body, { error, error_description: /^[ -~]+$/u }, what)
    t.match(answered.headers, { 'cache-control': 'no-store', 'x-request-id': /./u }, what)
    t.same(stored.rows(), before, `${what}: nothing is stored`)
  }
  const used = await hospital.assertion()
  t.equal((await hospital.grant(used)).status, 200)
  const recorded = stored.refusals().length
  await refused('a replayed assertion', used, 'invalid_client')
  t.same(stored.refusals().slice(recorded), ['token-refuse'], 'which has a record of its own')
  await refused('more than registered', await hospital.assertion(), 'invalid_scope', 'system/*.cruds')
  t.same(stored.refusals().slice(recorded), ['token-refuse', 'token-refuse'], 'since it is known who asked')

  const stranger = await registered({ role: 'hospital', organization: case1.hospital }, { clientId: randomUUID() })
  await refused('an unknown client', await stranger.assertion(), 'invalid_client')
  const impostor = await registered(
    { role: 'hospital', organization: case1.hospital },
    { clientId: hospital.file.clientId }
  )
  await refused('a key that is not the client’s', await impostor.assertion(), 'invalid_client')
  await refused('no assertion', 'x', 'invalid_client')
  t.equal(stored.refusals().length, recorded + 2, 'strangers are counted, not recorded each')
  const large = await hospital.send('POST', '/oauth2/token', 'x'.repeat(20_000), {
    'content-type': 'application/x-www-form-urlencoded'
  })
  t.equal(large.status, 413)
  t.equal((await hospital.send('POST', '/oauth2/token', '{}', { 'content-type': 'application/json' })).status, 415)
  t.equal((await hospital.send('GET', '/oauth2/token', undefined, {})).headers.allow, 'POST')
})

await t.test('what no document may be', async t => {
  const entry = (index: number) => `Bundle.entry[${index}].resource`
  await refuses(t, [
    { what: 'another resource', key: 'resource-type', at: 'Bundle', send: deposited(negative('response-alone')) },
    { what: 'a list', key: 'resource-type', at: 'Bundle', send: deposited('[]') },
    { what: 'a number', key: 'resource-type', at: 'Bundle', send: deposited('1') },
    { what: 'null', key: 'resource-type', at: 'Bundle', send: deposited('null') },
    {
      what: 'an ambiguous number',
      key: 'ambiguous-number',
      at: /^Bundle\.entry\[1\]/u,
      send: posted(hr, '/fhir/Bundle', negative('ambiguous-number'))
    },
    {
      what: 'an unknown kind',
      key: 'document-kind-unknown',
      at: `${entry(0)}.type`,
      send: deposited(negative('unknown-kind'))
    },
    {
      what: 'an unknown version of the form',
      key: 'form-version-unknown',
      at: `${entry(1)}.questionnaire`,
      send: deposited(negative('unknown-form-version'))
    },
    { what: 'no FHIR', key: 'profile-invalid', at: `${entry(2)}.gender`, send: deposited(negative('not-fhir')) },
    { what: 'no case', key: 'profile-invalid', at: `${entry(0)}.event`, send: deposited(negative('no-case-named')) },
    {
      what: 'a reference to nothing',
      key: 'reference-unresolved',
      at: `${entry(1)}.author.reference`,
      send: deposited(negative('unresolved-reference'))
    },
    {
      what: 'a wrong check digit',
      key: 'identifier-check-digit',
      at: `${entry(4)}.identifier[0].value`,
      send: deposited(negative('institution-check-digit'))
    },
    {
      what: 'a マイナンバー',
      key: 'my-number',
      at: `${entry(2)}.identifier[1].value`,
      send: deposited(negative('my-number'))
    },
    {
      what: 'a form with an answer too few',
      key: 'form-invalid',
      at: entry(1),
      rules: ['qr-06'],
      send: deposited(negative('conditional-without-measures'))
    },
    {
      what: 'a form with an answer too many',
      key: 'form-invalid',
      rules: ['qr-10'],
      send: deposited(negative('diagnosis-on-return-opinion'))
    },
    {
      what: 'a period that ends before it starts',
      key: 'form-invalid',
      at: `${entry(1)}.item[9].answer[0].value`,
      rules: ['qr-44'],
      send: deposited(negative('period-ends-before-it-starts'))
    }
  ])
})

await t.test('who signed, and when', async t => {
  const now = Date.now()
  const { signature: _, ...unsigned } = opinion()
  const when = new Date(now).toISOString()
  const physician = { system: medicalRegistrationSystem, value: case1.physician.registration }
  const house = case1.hospital.identifier
  const card = `physician-${case1.physician.registration}`
  const houseKey = `hospital-${case1.hospital.number}`
  const afterwards = structuredClone(opinion())
  afterwards.entry![0]!.resource = { ...(afterwards.entry![0]!.resource as Composition), title: '意見書' }
  const at = 'Bundle.signature.data'
  await refuses(t, [
    { what: 'nobody', key: 'signature-missing', at: 'Bundle.signature', send: deposited(unsigned) },
    { what: 'changed after signing', key: 'signature-invalid', at: 'Bundle.signature', send: deposited(afterwards) },
    {
      what: 'three days ago',
      key: 'signature-time-implausible',
      at: 'Bundle.signature.when',
      send: deposited(opinion({ at: now - 3 * 86_400_000 }))
    },
    {
      what: 'in an hour',
      key: 'signature-time-implausible',
      at: 'Bundle.signature.when',
      send: deposited(opinion({ at: now + 3_600_000 }))
    },
    {
      what: 'an unknown key',
      key: 'signer-unknown',
      at,
      send: deposited(signWithKey(unsigned, { who: house, when }, houseKey, 'retired'))
    },
    {
      what: 'an expired certificate',
      key: 'certificate-expired',
      at,
      send: deposited(signWithCertificate(unsigned, { who: physician, when }, card, `${card}-expired`))
    },
    {
      what: 'a certificate of nobody we trust',
      key: 'certificate-untrusted',
      at,
      send: deposited(signWithCertificate(unsigned, { who: physician, when }, card, `${card}-untrusted`))
    },
    {
      what: 'a colleague',
      key: 'signer-mismatch',
      send: deposited(
        signWithCertificate(unsigned, { who: { ...physician, value: '990303' }, when }, 'physician-990303')
      )
    }
  ])
})

await t.test('which case and which worker', async t => {
  const other = await openedAgain(one.town, case1)
  const apart = { ...one.atHospital, subject: other.atHospital.subject }
  const wrong = (known: typeof one.atHospital) =>
    liveDocument(case1, 'opinion-continuation', known, { identifier: `1319999015^2026^${number++}` })
  const stranger = await registered({
    role: 'hospital',
    organization: case5.hospital,
    signingKeys: ['hospital-2719999027']
  })
  await refuses(t, [
    {
      what: 'a case that is not there',
      key: 'case-unknown',
      send: deposited(wrong({ ...one.atHospital, identifier: 'AAAAAAAAAAAAAAAAAAAAAA' }))
    },
    {
      what: 'a case that others have',
      key: 'case-unknown',
      send: posted(
        stranger,
        '/fhir/Bundle',
        liveDocument(case5, 'opinion-continuation', { ...one.atHospital }, { identifier: '2719999027^2026^700000' })
      )
    },
    {
      what: 'another worker',
      key: 'case-person-mismatch',
      at: 'Bundle.entry[2].resource.identifier',
      send: deposited(wrong(apart))
    },
    {
      what: 'the number of another side',
      key: 'case-person-mismatch',
      send: deposited(wrong({ ...one.atHospital, subject: one.atHr.subject }))
    }
  ])
  const code = await invite(worker, one.atWorker.id, 'employer')
  const wrongly = (person: Parameters<typeof joinWith>[3]) => (headers: Readonly<Record<string, string>>) =>
    joinWith(second, headers, code, person)
  const second = await registered({
    role: 'employer-hr',
    organization: { name: case4.employer.name, identifier: case4.employer.identifier },
    handlingRules: 'none',
    person: { id: 'hr-4', name: '人事 四郎' }
  })
  await refuses(t, [
    {
      what: 'another day of birth',
      key: 'case-person-mismatch',
      at: /birthDate/u,
      send: wrongly({ birthDate: '1978-05-15' })
    },
    {
      what: 'another name',
      key: 'case-person-mismatch',
      at: /workerKana/u,
      send: wrongly({ kana: 'ミヤナギ タクミ' })
    },
    { what: 'no date', key: 'parameter-invalid', at: /birthDate/u, send: wrongly({ birthDate: '1978-02-30' }) },
    {
      what: 'a マイナンバー as staff number',
      key: 'my-number',
      at: /localIdentifier/u,
      send: wrongly({ local: '123456789018' })
    },
    {
      what: 'a wrong check digit',
      key: 'identifier-check-digit',
      at: /localIdentifier/u,
      send: wrongly({ system: 'urn:oid:1.3.188', local: '1234567890123' })
    }
  ])
  t.equal(
    (await joinWith(second, {}, code, { kana: 'ﾐﾔﾅｷﾞﾀｸﾄ' })).status,
    201,
    'half width and without the space is the same name'
  )

  await t.test('a recipient without rules for health information', async t => {
    const given = {
      subject: one.atWorker.subject,
      discloser: hospital.file.organization,
      recipients: [second.file.party]
    }
    await refuses(t, [
      {
        what: 'an opinion',
        key: 'handling-rules-missing',
        at: 'Consent.provision.provision.actor',
        send: posted(
          worker,
          '/fhir/Consent',
          releaseConsent({ ...given, kinds: ['opinion-continuation'], classes: ['work-restriction'] })
        )
      }
    ])
  })

  await t.test('a case that is closed', async t => {
    expectStatus(
      await hr.post(
        `/fhir/EpisodeOfCare/${other.atHr.id}/$transition`,
        parameters({ name: 'to', valueCode: 'closed' })
      ),
      200
    )
    await refuses(t, [
      { what: 'a document', key: 'case-state', send: deposited(wrong(other.atHospital)) },
      {
        what: 'closing it again',
        key: 'case-state',
        send: posted(
          hr,
          `/fhir/EpisodeOfCare/${other.atHr.id}/$transition`,
          parameters({ name: 'to', valueCode: 'closed' })
        )
      }
    ])
  })
})

function joinWith(
  party: Party,
  headers: Readonly<Record<string, string>>,
  code: string,
  {
    birthDate = case1.worker.birthDate,
    kana = case1.worker.kana,
    local = 'staff-1',
    system = 'https://partner.example/staff'
  }: { birthDate?: string; kana?: string; local?: string; system?: string } = {}
): Promise<Answered> {
  return party.post(
    '/fhir/EpisodeOfCare/$join',
    parameters(
      { name: 'code', valueString: code },
      { name: 'localIdentifier', valueIdentifier: { system, value: local } },
      { name: 'birthDate', valueDate: birthDate },
      { name: 'workerKana', valueString: kana }
    ),
    { headers }
  )
}

await t.test('no custody', async t => {
  const other = await openedAgain(one.town, case1)
  const before = liveDocument(case1, 'opinion-continuation', other.atHospital, { identifier: '1319999015^2026^800001' })
  const first = expectStatus(await deposit(hospital, before), 201)
  const found = await worker.get<Bundle>(`/fhir/Consent?patient.identifier=${other.atWorker.subject}&status=active`)
  const custody = found.body.entry![0]!.resource as Consent
  const end =
    (body: unknown, match?: string): Send =>
    headers =>
      worker.put(`/fhir/Consent/${custody.id}`, body, {
        headers: { ...headers, ...(match !== undefined && { 'if-match': match }) }
      })
  const inactive = { ...custody, status: 'inactive' }
  await refuses(t, [
    { what: 'If-Match is missing', key: 'precondition-failed', at: 'If-Match', send: end(inactive) },
    { what: 'another version', key: 'precondition-failed', at: 'If-Match', send: end(inactive, 'W/"7"') },
    { what: 'no version', key: 'precondition-failed', send: end(inactive, '*') },
    {
      what: 'more than the end of it',
      key: 'consent-immutable',
      send: end({ ...inactive, dateTime: '2026-01-01' }, 'W/"1"')
    },
    { what: 'no end of it', key: 'consent-immutable', send: end(custody, 'W/"1"') },
    { what: 'null', key: 'consent-immutable', send: end('null', 'W/"1"') },
    { what: 'a list', key: 'consent-immutable', send: end('[]', 'W/"1"') },
    { what: 'another resource', key: 'consent-immutable', send: end({ ...inactive, resourceType: 'Basic' }, 'W/"1"') }
  ])
  expectStatus(await end(inactive, 'W/"1"')({}), 200)
  const after = liveDocument(case1, 'opinion-continuation', other.atHospital, { identifier: '1319999015^2026^800002' })
  await refuses(t, [
    { what: 'a document after it was withdrawn', key: 'custody-missing', send: deposited(after) },
    { what: 'withdrawing it again', key: 'consent-immutable', send: end(inactive, 'W/"2"') }
  ])
  const again = await deposit(hospital, before)
  t.equal(again.status, 200, 'a repeat of what was taken before gets the first answer still')
  t.equal(again.headers.location, first.headers.location)
})

await t.test('what was sent before', async t => {
  const document = opinion()
  expectStatus(await deposit(hospital, document), 201)
  const withKey = (body: unknown): Send => posted(hr, '/fhir/EpisodeOfCare/$open', body, { 'idempotency-key': 'key-1' })
  const opening = (name: string) =>
    parameters(
      { name: 'kind', valueCode: 'continuation' },
      { name: 'workerName', valueString: name },
      { name: 'workerKana', valueString: 'ナナシ' },
      { name: 'birthDate', valueDate: '1990-01-01' },
      { name: 'localIdentifier', valueIdentifier: { system: 'https://partner.example/staff', value: '1' } }
    )
  const first = await withKey(opening('名無し'))({})
  expectStatus(first, 201)
  const replayed = await withKey(opening('名無し'))({})
  t.equal(replayed.status, 201)
  t.equal(replayed.text, first.text, 'the same key and body give the first answer')
  t.equal(replayed.headers['idempotent-replay'], 'true')
  t.equal(first.headers['idempotent-replay'], undefined)
  const together = await Promise.all(
    [1, 2, 3].map(() => posted(hr, '/fhir/EpisodeOfCare/$open', opening('同時'), { 'idempotency-key': 'key-2' })({}))
  )
  t.equal(new Set(together.map(({ text }) => text)).size, 1, 'also when they come together')
  await refuses(t, [
    {
      what: 'an identifier with other bytes',
      key: 'document-identifier-reused',
      at: 'Bundle.identifier',
      send: deposited(opinion({ identifier: document.identifier!.value!, at: Date.now() - 1000 }))
    },
    {
      what: 'an identifier with other spaces',
      key: 'document-identifier-reused',
      send: deposited(`${JSON.stringify(document)} `)
    },
    {
      what: 'an Idempotency-Key with another body',
      key: 'idempotency-conflict',
      at: 'Idempotency-Key',
      send: withKey(opening('別人'))
    },
    {
      what: 'an Idempotency-Key for another call',
      key: 'idempotency-conflict',
      send: posted(hr, '/fhir/EpisodeOfCare/$join', opening('名無し'), { 'idempotency-key': 'key-1' })
    },
    {
      what: 'an Idempotency-Key that is none',
      key: 'parameter-invalid',
      at: 'Idempotency-Key',
      send: posted(hr, '/fhir/EpisodeOfCare/$open', opening('名無し'), { 'idempotency-key': 'a b' })
    }
  ])
})

await t.test('what no consent may be', async t => {
  const { subject } = one.atWorker
  const given = {
    subject,
    discloser: hospital.file.organization,
    recipients: [ohp.file.party],
    kinds: ['opinion-continuation'],
    classes: ['work-restriction']
  } as const
  const usual = releaseConsent(given)
  type Nested = NonNullable<NonNullable<Consent['provision']>['provision']>[number]
  const nested = (change: (permit: Nested) => void): Consent => {
    const consent = structuredClone(usual)
    change(consent.provision!.provision![0]!)
    return consent
  }
  const sent = (consent: unknown): Send => posted(worker, '/fhir/Consent', consent)
  const place = 'Consent.provision.provision[0]'
  const unconfirmed = await openedAgain(one.town, case1, { isConfirmed: false })
  const first = await release(worker, { ...given, classes: ['accommodation'] })
  await refuses(t, [
    { what: 'another resource', key: 'resource-type', at: 'Consent', send: sent({ ...usual, resourceType: 'Basic' }) },
    { what: 'null', key: 'resource-type', at: 'Consent', send: sent('null') },
    {
      what: 'without recipient',
      key: 'consent-blanket',
      at: `${place}.actor`,
      send: sent(nested(permit => delete permit.actor))
    },
    {
      what: 'without purpose',
      key: 'consent-blanket',
      at: `${place}.purpose`,
      send: sent(nested(permit => delete permit.purpose))
    },
    {
      what: 'without kind',
      key: 'consent-blanket',
      at: `${place}.class`,
      send: sent(nested(permit => delete permit.class))
    },
    {
      what: 'without items',
      key: 'consent-blanket',
      at: `${place}.securityLabel`,
      send: sent(nested(permit => delete permit.securityLabel))
    },
    {
      what: 'without end',
      key: 'consent-blanket',
      at: `${place}.period.end`,
      send: sent(nested(permit => delete permit.period!.end))
    },
    {
      what: 'that has ended',
      key: 'consent-period',
      at: `${place}.period`,
      send: sent(releaseConsent({ ...given, start: Date.now() - 7200_000, end: Date.now() - 3600_000 }))
    },
    {
      what: 'that ends before it starts',
      key: 'consent-period',
      send: sent(releaseConsent({ ...given, start: Date.now() + 7200_000, end: Date.now() + 3600_000 }))
    },
    {
      what: 'to somebody who takes no part',
      key: 'recipient-unknown',
      at: `${place}.actor`,
      send: sent(releaseConsent({ ...given, recipients: [`PractitionerRole/${randomUUID()}`] }))
    },
    {
      what: 'to a whole organisation',
      key: 'recipient-unknown',
      at: `${place}.actor[0].reference`,
      send: sent(releaseConsent({ ...given, recipients: [ohp.file.organization] }))
    },
    {
      what: 'of an item that no form has',
      key: 'profile-invalid',
      at: /securityLabel/u,
      send: sent(nested(permit => Object.assign(permit.securityLabel![0]!, { code: 'everything' })))
    },
    {
      what: 'that permits all but this',
      key: 'profile-invalid',
      at: 'Consent.provision.type',
      send: sent({ ...usual, provision: { ...usual.provision, type: 'permit' } })
    },
    {
      what: 'that takes the place of none',
      key: 'profile-invalid',
      send: sent({
        ...usual,
        extension: [
          {
            url: 'https://ryoritsu.example/fhir/StructureDefinition/replaces',
            valueReference: { reference: `Consent/${randomUUID()}` }
          }
        ]
      })
    },
    {
      what: 'of somebody else',
      key: 'case-unknown',
      at: 'Consent.patient.identifier',
      send: sent(releaseConsent({ ...given, subject: one.atHr.subject }))
    },
    {
      what: 'of nobody',
      key: 'case-unknown',
      at: 'Consent.patient.identifier',
      send: sent({ ...usual, patient: undefined })
    },
    {
      what: 'before anybody saw the worker',
      key: 'case-state',
      at: 'Consent.patient',
      send: sent(releaseConsent({ ...given, subject: unconfirmed.atWorker.subject }))
    },
    {
      what: 'a search for nobody',
      key: 'parameter-invalid',
      at: 'patient.identifier',
      send: got(worker, '/fhir/Consent')
    },
    { what: 'a consent of others', key: 'not-found', send: got(employerAuditor, `/fhir/Consent/${randomUUID()}`) }
  ])
  t.equal((await worker.get<Consent>(`/fhir/Consent/${first.id}`)).body.status, 'active')
})

await t.test('codes that cannot be used: all alike', async t => {
  let ahead = 0
  const later = await startGateway({ now: () => Date.now() + ahead })
  const two = await joinedCase(later, case6, { isConfirmed: false })
  const { worker, hospital, hr } = two.town
  t.teardown(async () => {
    await closeAll(Object.values(two.town))
    await later.stop()
  })
  const same = (answers: Readonly<Record<string, Answered>>) => {
    const seen = Object.entries(answers).map(([what, { status, text, headers }]) => {
      const { date: _, 'x-request-id': __, ...rest } = headers
      return [what, JSON.stringify({ status, text, rest })] as const
    })
    for (const [what, bytes] of seen) t.equal(bytes, seen[0]![1], what)
    t.match(seen[0]![1], 'code-invalid')
  }
  const opened = await openCase(hr, case6)
  const accepting = (invitation: string) =>
    worker.post('/fhir/EpisodeOfCare/$accept', parameters({ name: 'invitation', valueString: invitation }))
  const forEmployer = await invite(worker, two.atWorker.id, 'employer')
  const expiring = await invite(worker, two.atWorker.id, 'hospital')
  const used = await invite(worker, two.atWorker.id, 'coordinator')
  const coordinator = await register(later, {
    role: 'coordinator',
    organization: {
      name: '支援センター',
      identifier: { system: 'urn:oid:1.3.188', value: case3.employer.identifier.value }
    }
  })
  expectStatus(await join(coordinator, case6, used), 201)
  const outsider = await register(later, { role: 'hospital', organization: case1.hospital })
  t.teardown(() => closeAll([coordinator, outsider]))
  const shown = () =>
    hospital.post<{ parameter: { name: string; valueString: string }[] }>(
      `/fhir/EpisodeOfCare/${two.atWorker.id}/$confirm`,
      parameters({ name: 'identityEvidence', valueCode: 'insurance' })
    )
  const typed = (confirmationCode: string, headers = {}) =>
    worker.post(
      `/fhir/EpisodeOfCare/${two.atWorker.id}/$confirm`,
      parameters({ name: 'confirmationCode', valueString: confirmationCode }),
      { headers }
    )
  const none = await typed('123456')
  const code = (await shown()).body.parameter[0]!.valueString
  const mistyped = await typed(code === '000000' ? '000001' : '000000')
  const join6 = (headers: object, code: string) =>
    joinWith(outsider, { ...headers }, code, { birthDate: case6.worker.birthDate, kana: case6.worker.kana })
  const early = {
    unknown: await join6({}, 'AAAAAAAAAAAAAAAAAAAAAA'),
    used: await join6({}, used),
    mistyped: await join6({}, `${expiring}x`),
    'for another side': await join6({}, forEmployer)
  }
  expectStatus(await accepting(opened.invitation!), 201)
  const accepted = { unknown: await accepting('AAAAAAAAAAAAAAAAAAAAAA'), used: await accepting(opened.invitation!) }
  expectStatus(await typed(code), 200)
  const again = await typed(code)
  const visitBefore = (await shown()).body.parameter[0]!.valueString
  const exhausted = (await shown()).body.parameter[0]!.valueString
  const wrong = exhausted === '000000' ? '000001' : '000000'
  const guesses = []
  for (let guess = 0; guess < 5; guess++) guesses.push(await typed(wrong))
  const afterFive = await typed(exhausted)
  const earlier = await typed(visitBefore)
  const last = (await shown()).body.parameter[0]!.valueString
  ahead = 11 * 60_000
  const tooLate = await typed(last, await bearerAt(worker, Date.now() + ahead))
  same({
    'none was shown': none,
    mistyped,
    used: again,
    'the right one after five wrong ones': afterFive,
    expired: tooLate,
    'of an earlier visit': earlier,
    ...Object.fromEntries(guesses.map((answer, index) => [`wrong for the ${index + 1}. time`, answer]))
  })
  ahead = 31 * 86_400_000
  same({ ...early, expired: await join6(await bearerAt(outsider, Date.now() + ahead), expiring) })
  same(accepted)
})

await t.test('ways that do not exist, and calls that are none', async t => {
  const where = `/fhir/Bundle/${randomUUID()}`
  for (const [method, path, allow] of [
    ['DELETE', where, 'GET'],
    ['PATCH', '/fhir/Consent/x', 'GET, PUT'],
    ['GET', '/fhir/EpisodeOfCare/x/$invite', 'POST'],
    ['OPTIONS', '/fhir/Bundle', 'POST'],
    ['POST', '/fhir/metadata', 'GET']
  ] as const) {
    const answered = await bare(method, path)({})
    t.equal(answered.status, 405, `${method} ${path}`)
    t.same(String(answered.headers.allow).split(', ').sort(), allow.split(', ').sort())
    isRefused(t, answered, { key: 'method-not-allowed' }, 'ja', `${method} ${path}`)
  }
  for (const path of ['/fhir/Patient/1', '/fhir', '/fhir/'])
    isRefused(t, await bare('GET', path)({}), { key: 'not-found' }, 'ja', path.slice(0, 40))
  isRefused(
    t,
    await bare('GET', '/fhir/%zz')({ 'accept-language': 'en' }),
    { key: 'parameter-invalid', at: 'url' },
    'en',
    'an address that is none'
  )
  const plain = await bare('GET', '/nowhere')({})
  t.match(plain.headers['content-type'], /^application\/problem\+json/u)
  t.match(plain.body, { status: 404, code: 'not-found', requestId: plain.headers['x-request-id'] })

  for (const [what, bytes, status] of [
    ['no HTTP', 'HELLO\r\n\r\n', 400],
    ['headers without end', `GET /health/live HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
    ['a length that is none', 'POST /fhir/Bundle HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n', 400],
    [
      'two lengths',
      'POST /fhir/Bundle HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}',
      400
    ]
  ] as const) {
    const answer = await raw(bytes)
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `, 'u'), what)
    t.match(answer, /\r\nx-request-id: [0-9a-f-]{36}\r\n/iu, `${what}: names the request`)
    t.match(answer, /"code":"parameter-invalid"/u, what)
  }

  const searches = {
    status: '/fhir/DocumentReference?status=old',
    type: '/fhir/DocumentReference?type=letter',
    _count: '/fhir/DocumentReference?_count=0',
    'patient.identifier': '/fhir/DocumentReference?patient.identifier=a%7Cb'
  }
  await refuses(
    t,
    Object.entries(searches).map(
      ([at, path]): Bad => ({ what: path, key: 'parameter-invalid', at, send: got(hospital, path) })
    )
  )
  await refuses(t, [
    {
      what: 'twice the same parameter',
      key: 'parameter-invalid',
      at: 'status',
      send: got(hospital, '/fhir/DocumentReference?status=current&status=current')
    },
    {
      what: 'a date that is none',
      key: 'parameter-invalid',
      at: 'date',
      send: got(employerAuditor, '/fhir/AuditEvent?date=ge2026-99-01')
    },
    {
      what: 'a page that is none',
      key: 'parameter-invalid',
      at: 'after',
      send: got(employerAuditor, '/fhir/AuditEvent?after=x')
    },
    {
      what: 'an operation without its parameters',
      key: 'parameter-invalid',
      at: /workerName|kind/u,
      send: posted(hr, '/fhir/EpisodeOfCare/$open', parameters())
    },
    {
      what: 'an operation with another resource',
      key: 'resource-type',
      at: 'Parameters',
      send: posted(hr, '/fhir/EpisodeOfCare/$open', { resourceType: 'Bundle' })
    },
    {
      what: 'an operation with the same parameter twice',
      key: 'parameter-invalid',
      send: posted(
        hr,
        '/fhir/EpisodeOfCare/$join',
        parameters({ name: 'code', valueString: 'a' }, { name: 'code', valueString: 'b' })
      )
    }
  ])
})

function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(running.baseUrl)
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    socket.setEncoding('utf8')
    socket.on('data', text => {
      answer += text
      socket.end()
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

await t.test('what strangers tried is in the log, as counts', async t => {
  const before = stored.refusals().filter(act => act === 'refuse-many').length
  t.notMatch(running.logged(), /"level":50/u, 'and none of all this was a defect')
  await running.stop()
  t.ok(stored.refusals().filter(act => act === 'refuse-many').length > before)
})
