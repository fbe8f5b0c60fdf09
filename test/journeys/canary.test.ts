import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bundle, Consent } from '@medplum/fhirtypes'
import t from 'tap'
import { type Canary, neverToHr } from '../../fixtures/canary.ts'
import { case1 } from '../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { case5 } from '../../fixtures/cases/5-colitis-call-center.ts'
import { tsukushi } from '../../fixtures/cases/hospitals.ts'
import { type DisclosureClass, disclosureClasses } from '../../src/document/disclosure-class.ts'
import { startGateway } from '../parties/gateway.ts'
import { Party } from '../parties/party.ts'
import { register } from '../parties/register.ts'
import {
  deposit,
  documentOf,
  expectStatus,
  liveDocument,
  parameters,
  release,
  releaseConsent,
  search,
  withdraw
} from '../parties/story.ts'
import { idsOfOtherSorts, minutesPerFile } from '../sizes.ts'
import { type CaughtWebhooks, catchWebhooks } from './catch-webhooks.ts'
import { requestsTo } from './every-route.ts'
import { findCanaries, needlesOf } from './find-canaries.ts'
import { closeAll, type JoinedCase, joinedCase } from './joined-case.ts'

const canaries: readonly Canary[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/canaries.json'), 'utf8')
)
const stories = [case1, case5]
const ofStories = canaries.filter(canary => stories.some(({ slug }) => slug === canary.case))
const valuesOf = (wanted: (canary: Canary) => boolean): readonly string[] => [
  ...new Set(ofStories.filter(wanted).map(({ value }) => value))
]

// some ten thousand calls, on machines that do other things as well
t.setTimeout(minutesPerFile * 60_000)

/** What a physician wrote and no employer's HR may learn, whatever the worker chose. */
const hidden = valuesOf(canary => canary.by === 'physician' && neverToHr.has(canary.class))
/** How the hospital's system names the physician who acts; auditors of the other side see who read what the other side wrote. */
const actingPerson = case1.physician.registration
const people = valuesOf(({ class: name }) => name === 'identity' || name === 'contact' || name === 'author')
const processed: readonly DisclosureClass[] = [
  'identity',
  'work-fitness',
  'work-restriction',
  'accommodation',
  'treatment-schedule'
]

t.test('the finder finds a canary however it is written', async t => {
  const canary = '潰瘍性大腸炎'
  const needles = needlesOf([canary, 'ガイライ', '七瀬川 晶', '990505'])
  const inBase64 = (text: string) => Buffer.from(text).toString('base64')
  const written: Readonly<Record<string, string>> = {
    'as it is': `{"valueString":"${canary}です"}`,
    'in JSON escapes': [...canary].map(each => `\\u${each.charCodeAt(0).toString(16)}`).join(''),
    'in JSON escapes of a JSON string': JSON.stringify(
      [...canary].map(each => `\\u${each.charCodeAt(0).toString(16)}`).join('')
    ),
    'in HTML escapes': [...canary].map(each => `&#x${each.charCodeAt(0).toString(16)};`).join(''),
    'percent-encoded': `/fhir/Bundle?text=${encodeURIComponent(canary)}`,
    'percent-encoded in lower case': encodeURIComponent(canary).toLowerCase(),
    'in base64': `"data":"${inBase64(canary)}"`,
    'in base64, one byte on': inBase64(`x${canary}y`),
    'in base64, two bytes on': inBase64(`xx${canary}y`),
    'in base64 after other letters of the alphabet': `abc${inBase64(`x${canary}`)}`,
    'in base64url': Buffer.from(`??${canary}??`).toString('base64url'),
    'in base64 of percent-encoding': inBase64(encodeURIComponent(canary)),
    'in base64 in a JWS in base64': Buffer.from(
      `x.${inBase64(JSON.stringify({ record: inBase64(canary) }))}.y`
    ).toString('base64url'),
    'as UTF-8 that was read as Latin-1': Buffer.from(canary).toString('latin1'),
    'broken over lines': '潰瘍性\n  大腸炎'
  }
  for (const [how, text] of Object.entries(written)) t.same(findCanaries(text, needles), [canary], how)
  t.same(findCanaries('ガイライ'.normalize('NFKD'), needles), ['ガイライ'], 'decomposed')
  t.same(findCanaries('ｶﾞｲﾗｲ', needles), ['ガイライ'], 'in half width')
  t.same(findCanaries(inBase64('ガイライ'.normalize('NFKD')), needles), ['ガイライ'], 'decomposed, in base64')
  t.same(findCanaries('name=%E4%B8%83%E7%80%AC%E5%B7%9D+%E6%99%B6', needles), ['七瀬川 晶'], 'in a form')
  t.same(findCanaries('{"value":"990505"}', needles), ['990505'])
  t.same(findCanaries('0d990505-1990505 a潰瘍性b大腸炎', needles), [], 'and nothing where there is none')
})

t.test('nobody but whom the worker chose learns what a physician wrote', async t => {
  const running = await startGateway()
  const hooks = await Promise.all([catchWebhooks('/hr'), catchWebhooks('/ohp'), catchWebhooks('/hr5')])
  const [atHrHook, atOhpHook, atHr5Hook] = hooks as [CaughtWebhooks, CaughtWebhooks, CaughtWebhooks]
  const parties: Party[] = []
  t.teardown(async () => {
    if (!t.passing())
      t.comment(
        running
          .logged()
          .split('\n')
          .filter(line => line.includes('"level":50'))
          .join('\n')
      )
    await closeAll([...parties, ...hooks])
    await running.stop()
  })
  const one = await joinedCase(running, case1, { webhooks: { hr: atHrHook.url, ohp: atOhpHook.url } })
  const five = await joinedCase(running, case5, { webhooks: { hr: atHr5Hook.url } })
  const supervisor = await register(running, {
    role: 'supervisor',
    organization: { name: case1.employer.name, identifier: case1.employer.identifier },
    person: { id: 'supervisor-1', name: '上司 一郎' }
  })
  const otherHospital = await register(running, {
    role: 'hospital',
    organization: { name: tsukushi.name, identifier: tsukushi.identifier },
    person: { id: 'physician-3', name: '他院 医師' }
  })
  const operator = await register(running, {
    role: 'operator',
    organization: { name: '運営', identifier: { system: 'urn:oid:1.3.188', value: '6000012070001' } }
  })
  const anonymous = new Party(one.town.hr.file)
  parties.push(...Object.values(one.town), ...Object.values(five.town), supervisor, otherHospital, operator, anonymous)

  const released = await played(one, { toHr: processed, supervisor })
  const releasedInFive = await played(five, { toHr: 'all' })
  await t.resolves(settled(hooks, 4), 'recipients were told')
  const genuine = { hr: one.town.hr.received.length, hr5: five.town.hr.received.length }

  t.test('産業医 receives every word that was released', async t => {
    for (const { story, town } of [one, five]) {
      const received = town.ohp.received.join('\n')
      const open = ofStories.filter(
        canary =>
          canary.case === story.slug &&
          canary.document.startsWith('opinion-') &&
          canary.linkId.startsWith('oc.') &&
          disclosureClasses.some(name => name === canary.class)
      )
      t.ok(open.length > 10)
      t.same(
        open.filter(({ value }) => !received.includes(JSON.stringify(value).slice(1, -1))),
        [],
        story.slug
      )
    }
  })

  t.test('HR receives what it may, so that the search below means something', async t => {
    const measures = canaries.find(({ case: slug, linkId }) => slug === case1.slug && linkId === 'oc.measures')!
    t.match(one.town.hr.received.join('\n'), measures.value)
    t.same(await search(one.town.hr, one.atHr.subject, '&type=opinion-continuation'), [], 'until it was withdrawn')
    t.equal((await search(five.town.hr, five.atHr.subject, '&type=opinion-continuation')).length, 1)
  })

  t.test(
    'HR learns nothing that was computed over the original, nor by which number the hospital knows the worker',
    async t => {
      const { originals } = released
      const needles = needlesOf([one.atHospital.subject, one.atWorker.subject, ...originals])
      t.same(findAll(one.town.hr.received.slice(0, genuine.hr), needles), [])
      t.not(findAll(one.town.worker.received, needles).length, 0, 'while the worker does')
    }
  )

  t.test('every route, asked by everyone with every id that anybody knows', async t => {
    const heard = [...parties, ...hooks].flatMap(({ received }) => received)
    const known = {
      ids: idsIn(heard.join('\n')),
      subjects: [one, five].flatMap(each => [each.atHr.subject, each.atWorker.subject, each.atHospital.subject]),
      cases: [one.atHr.id, five.atHr.id],
      bodies: [
        liveDocument(case1, 'support-plan', one.atHr, { identifier: 'again-1' }),
        releaseConsent({
          subject: one.atWorker.subject,
          discloser: one.town.hospital.file.organization,
          recipients: [one.town.hr.file.party],
          kinds: ['opinion-continuation'],
          classes: 'all'
        })
      ]
    }
    const ids = new Set(known.ids)
    for (const { originals } of [released, releasedInFive]) t.ok(ids.has(originals[0]!), 'also that of an original')
    const requests = requestsTo(running.gateway.routes, known)
    const callers = {
      HR: one.town.hr,
      'the other employer’s HR': five.town.hr,
      supervisor,
      'the employer’s auditor': one.town.employerAuditor,
      'another hospital': otherHospital,
      'somebody without a token': anonymous
    }
    const once = [...new Map(requests.map(request => [`${request.method} ${request.path}`, request])).values()]
    for (const [name, caller] of Object.entries(callers)) {
      // HR tries every body, others each call with one, and another employer's HR only looks
      const own = caller === one.town.hr ? requests : caller === five.town.hr ? once.filter(isReading) : once
      await askAll(own, request => ask(caller, request, caller !== anonymous))
      t.same(findAll(caller.received, needlesOf(hidden.filter(value => value !== actingPerson))), [], name)
    }
    const strangers = [...otherHospital.received, ...anonymous.received]
    t.same(findAll(strangers, needlesOf(people)), [], 'strangers do not even learn who is treated')
    t.same(
      findAll(
        hooks.flatMap(({ received }) => received),
        needlesOf([...hidden, ...people])
      ),
      [],
      'webhooks say that, not what'
    )
  })

  t.test('logs, metrics and addresses name nobody and nothing', async t => {
    const canariesOfAll = needlesOf([...hidden, ...people, '上司 一郎', '産業 医師', '他院 医師'])
    await anonymous.send('GET', `/fhir/${encodeURIComponent(case1.worker.name)}`, undefined, {})
    await one.town.hr.get(`/fhir/Bundle/${encodeURIComponent(case5.worker.name)}`)
    const metrics = expectStatus(await operator.get('/metrics', { headers: { accept: 'text/plain' } }), 200)
    t.match(metrics.text, /ryoritsu_requests_total\{.*route="\/fhir\/Bundle\/:id"/u)
    t.same(findAll([metrics.text], canariesOfAll), [])
    t.match(running.logged(), /"route":"\/fhir\/Bundle\/:id"/u)
    t.same(findAll(running.logged().split('\n'), canariesOfAll), [])
    const addresses = new Set(
      [...parties, ...hooks].flatMap(({ received }) =>
        received.flatMap(text => text.match(/https?:\/\/[^\s"<>\\]+/gu) ?? [])
      )
    )
    t.ok(addresses.size > 100)
    t.same(findAll([...addresses], canariesOfAll), [])
  })
})

/** Deposits, releases and readings of a whole case; in the first one HR's release of the opinion ends. */
async function played(
  { story, town, atHr, atWorker, atHospital }: JoinedCase,
  { toHr, supervisor }: { readonly toHr: readonly DisclosureClass[] | 'all'; readonly supervisor?: Party }
): Promise<{ readonly originals: readonly string[] }> {
  const { hr, ohp, hospital, worker, hospitalAuditor, employerAuditor } = town
  const subject = atWorker.subject
  expectStatus(await deposit(hr, liveDocument(story, 'work-information', atHr)), 201)
  await release(worker, {
    subject,
    discloser: hr.file.organization,
    recipients: [hospital.file.party, ohp.file.party],
    kinds: ['work-information'],
    classes: 'all'
  })
  await readAll(hospital, atHospital.subject)

  const opinion = liveDocument(story, 'opinion-continuation', atHospital)
  const deposited = expectStatus(await deposit(hospital, opinion), 201)
  await confirmed(worker, deposited.body.id!, 'oc.sign.worker')
  const release1 = { subject, discloser: hospital.file.organization, kinds: ['opinion-continuation'] as const }
  const forHr = await release(worker, { ...release1, recipients: [hr.file.party], classes: toHr })
  await release(worker, { ...release1, recipients: [ohp.file.party], classes: 'all' })
  if (supervisor) await release(worker, { ...release1, recipients: [supervisor.file.party], classes: 'all' })

  const plan = liveDocument(story, 'support-plan', atHr)
  expectStatus(await deposit(hr, plan), 201)
  await release(worker, {
    subject,
    discloser: hr.file.organization,
    recipients: [ohp.file.party, hospital.file.party, ...(supervisor ? [supervisor.file.party] : [])],
    kinds: ['support-plan'],
    classes: 'all'
  })
  for (const reader of [hr, ohp, ...(supervisor ? [supervisor] : [])]) await readAll(reader, atHr.subject)
  await readAll(hospital, atHospital.subject)
  await readAll(worker, subject)
  for (const reader of [hr, ohp]) {
    const asked = parameters({ name: 'case', valueReference: { reference: `EpisodeOfCare/${atHr.id}` } })
    expectStatus(await reader.post('/fhir/Questionnaire/support-plan-2026/$populate', asked), 200)
  }
  for (const [auditor, number] of [
    [employerAuditor, atHr.subject],
    [hospitalAuditor, atHospital.subject],
    [worker, subject]
  ] as const) {
    const query = `patient.identifier=${encodeURIComponent(number)}&_count=100`
    const records = expectStatus(await auditor.get<Bundle>(`/fhir/AuditEvent?${query}`), 200)
    await auditor.get(`/fhir/AuditEvent/${records.body.entry![0]!.resource!.id}/$proof`)
    expectStatus(await auditor.get<Consent>(`/fhir/Consent?${query}`), 200)
  }
  if (toHr !== 'all') expectStatus(await withdraw(worker, forHr.id), 200)
  return { originals: [deposited.body.id!, opinion.identifier!.value!, opinion.signature!.data!] }
}

async function readAll(reader: Party, subject: string): Promise<void> {
  for (const found of await search(reader, subject)) {
    expectStatus(await documentOf(reader, found), 200)
    expectStatus(await reader.get(`/fhir/DocumentReference/${found.id}`), 200)
    const headers = { accept: 'application/jose' }
    expectStatus(await reader.get(`/fhir/DocumentReference/${found.id}/$receipt`, { headers }), 200)
  }
}

async function confirmed(worker: Party, id: string, slot: string): Promise<void> {
  const answered = await worker.post(
    `/fhir/DocumentReference/${id}/$confirm`,
    parameters({ name: 'slot', valueString: slot })
  )
  expectStatus(answered, 200)
}

/** Notifications leave after the answer to what caused them. */
async function settled(hooks: readonly CaughtWebhooks[], calls: number): Promise<void> {
  for (let round = 0; round < 200; round++) {
    if (hooks.reduce((sum, { received }) => sum + received.length / 3, 0) >= calls) return
    await new Promise(resolve => setTimeout(resolve, 25))
  }
  throw new Error(`fewer than ${calls} notifications`)
}

/** What has content of somebody behind it is always tried; of other things (records, roles, forms) a few of each sort. */
const always = ['Bundle', 'DocumentReference', 'EpisodeOfCare', 'Consent']

/** The ids of each sort of thing that stand in what was heard. */
function idsIn(text: string): readonly string[] {
  const bySort = new Map<string, Set<string>>()
  for (const [, sort, id] of text.matchAll(/\b([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{8,64})(?=["/ >])/gu))
    bySort.set(sort!, (bySort.get(sort!) ?? new Set()).add(id!))
  const tried = [...bySort].flatMap(([sort, ids]) => [...ids].slice(always.includes(sort) ? 0 : -idsOfOtherSorts))
  return [...new Set(tried)]
}

async function ask(caller: Party, request: ReturnType<typeof requestsTo>[number], isKnown: boolean): Promise<void> {
  const { method, path, body, contentType } = request
  const headers = { ...(contentType && { 'content-type': contentType }) }
  const answered = isKnown
    ? await caller.call(method, path, { body, headers })
    : await caller.send(method, path, body, headers)
  if (answered.status >= 500) throw new Error(`${method} ${path}: ${answered.text}`)
}

const isReading = ({ method }: { readonly method: string }): boolean => method === 'GET'

const atOnce = 48

async function askAll<Request>(requests: readonly Request[], each: (request: Request) => Promise<void>): Promise<void> {
  const queue = [...requests].reverse()
  const work = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) await each(next)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

/** Most answers are the same few; each is looked through once. */
function findAll(texts: readonly string[], needles: ReturnType<typeof needlesOf>): readonly string[] {
  const found = [...new Set(texts)].flatMap(text => findCanaries(text, needles))
  return [...new Set(found)]
}
