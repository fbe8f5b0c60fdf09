import { randomUUID } from 'node:crypto'
import type { Bundle, DocumentReference } from '@medplum/fhirtypes'
import t from 'tap'
import { case1 } from '../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { case3 } from '../../fixtures/cases/3-stroke-driver.ts'
import { case5 } from '../../fixtures/cases/5-colitis-call-center.ts'
import type { DisclosureClass } from '../../src/document/disclosure-class.ts'
import { startGateway } from '../parties/gateway.ts'
import type { Answered, Party } from '../parties/party.ts'
import { register } from '../parties/register.ts'
import {
  deposit,
  documentOf,
  expectStatus,
  liveDocument,
  parameters,
  release,
  search,
  withdraw
} from '../parties/story.ts'
import { closeAll, joinedCase, openedAgain } from './joined-case.ts'

const paths = (id: string): readonly string[] => [
  `/fhir/Bundle/${id}`,
  `/fhir/DocumentReference/${id}`,
  `/fhir/DocumentReference/${id}/$receipt`,
  `/api/v1/documents/${id}`
]

/** All that a caller sees of an answer, but for what differs in any two of them. */
function seen({ status, headers, bytes }: Answered) {
  const { date: _, 'x-request-id': request, ...rest } = headers
  return { status, headers: rest, bytes: bytes.toString('latin1').replace(String(request), '') }
}

t.test('what a reader may not see answers like what is not there', async t => {
  let ahead = 0
  const running = await startGateway({ now: () => Date.now() + ahead })
  const one = await joinedCase(running, case1)
  const other = await joinedCase(running, case5)
  const { hr, ohp, worker, hospital } = one.town
  const parties: Party[] = [...Object.values(one.town), ...Object.values(other.town)]
  t.teardown(async () => {
    await closeAll(parties)
    await running.stop()
  })
  const employer = { name: case1.employer.name, identifier: case1.employer.identifier }
  const registered = async (...given: Parameters<typeof register>) => {
    const party = await register(...given)
    parties.push(party)
    return party
  }

  const id = expectStatus(await deposit(hospital, liveDocument(case1, 'opinion-continuation', one.atHospital)), 201)
    .body.id!
  const to = (recipient: Party, classes: readonly DisclosureClass[], more: { end?: number } = {}) => ({
    subject: one.atWorker.subject,
    discloser: hospital.file.organization,
    recipients: [recipient.file.party],
    kinds: ['opinion-continuation'] as const,
    classes,
    ...more
  })
  const found = async (reader: Party, subject = one.atHr.subject): Promise<DocumentReference> => {
    const references = await search(reader, subject)
    const [only] = references
    if (references.length !== 1 || !only) throw new Error(`found ${references.length} instead of one`)
    expectStatus(await documentOf(reader, only), 200)
    return only
  }

  const first = await release(worker, to(hr, ['work-restriction']))
  const withdrawn = await found(hr)
  expectStatus(await withdraw(worker, first.id), 200)
  const second = await release(worker, to(hr, ['work-restriction', 'accommodation'], { end: Date.now() + 60_000 }))
  const replaced = await found(hr)
  await release(worker, to(hr, ['treatment-schedule'], { end: Date.now() + 60_000 }))
  const expired = await found(hr)
  t.not(replaced.id, expired.id)
  await release(worker, to(ohp, ['work-restriction']))
  const ofColleague = await found(ohp)
  await deposit(other.town.hr, liveDocument(case5, 'work-information', other.atHr))
  const [ofOthers] = await search(other.town.hr, other.atHr.subject)

  t.same(
    seen(await hr.get(`/fhir/Bundle/${replaced.id}`)).status,
    404,
    'the former view ends with the decision it stood for'
  )
  ahead = 120_000
  const hidden = {
    'an original that was never released to this reader': id,
    'what the worker withdrew': withdrawn.id!,
    'what was replaced by another decision': replaced.id!,
    'what has expired': expired.id!,
    'a colleague’s copy': ofColleague.id!,
    'a document of another case': ofOthers!.id!,
    'an id that is none': 'x',
    'a consent': second.id
  }
  for (const path of paths('00000000-0000-4000-8000-000000000000')) {
    const language = { headers: { 'accept-language': 'en' } }
    const absent = seen(await hr.get(path, language))
    t.equal(absent.status, 404)
    t.match(absent.bytes, /"code":"not-found"/u)
    for (const [what, hiddenId] of Object.entries(hidden)) {
      const answer = await hr.get(path.replace('00000000-0000-4000-8000-000000000000', hiddenId), language)
      t.same(seen(answer), absent, `${path.split('/').slice(2).join('/')}: ${what}`)
    }
  }

  t.test('searches leave it out, and nothing of them tells that there was more', async t => {
    const empty = await openedAgain(one.town, case1)
    const asked = (subject: string, more: string) =>
      hr.get<Bundle>(`/fhir/DocumentReference?patient.identifier=${subject}${more}`)
    for (const more of ['', '&_count=1', '&status=current', '&type=opinion-continuation&_count=2']) {
      const left = await asked(one.atHr.subject, more)
      const nothing = await asked(empty.atHr.subject, more)
      t.same(
        { ...seen(left), bytes: left.text.replaceAll(one.atHr.subject, '') },
        { ...seen(nothing), bytes: nothing.text.replaceAll(empty.atHr.subject, '') },
        more || 'without more parameters'
      )
    }
    await deposit(hr, liveDocument(case1, 'work-information', one.atHr))
    const page = expectStatus(await asked(one.atHr.subject, '&_count=1'), 200).body
    t.equal(page.entry?.length, 1, 'what is there is found behind what is not shown')
    t.same(
      page.link?.map(link => link.relation),
      ['self'],
      'and it is the last'
    )
  })

  t.test('pages hold all that is there, each once', async t => {
    for (const index of [1, 2, 3, 4])
      await deposit(hr, liveDocument(case1, 'work-information', one.atHr, { identifier: `page-${index}` }))
    const ids: string[] = []
    let next: string | undefined = `/fhir/DocumentReference?patient.identifier=${one.atHr.subject}&_count=2`
    for (let page = 0; next !== undefined && page < 10; page++) {
      const answered: Answered<Bundle> = expectStatus(await hr.get<Bundle>(next), 200)
      ids.push(...(answered.body.entry ?? []).map(entry => entry.resource!.id!))
      t.ok((answered.body.entry ?? []).length <= 2)
      const url = answered.body.link!.find(link => link.relation === 'next')?.url
      next = url?.slice(running.baseUrl.length)
    }
    t.equal(ids.length, 5)
    t.equal(new Set(ids).size, 5)
  })

  t.test('the size of an answer to a recipient is a multiple of 4096 bytes', async t => {
    for (const [reader, subject] of [
      [hr, one.atHr.subject],
      [ohp, one.atHr.subject],
      [hospital, one.atHospital.subject]
    ] as const) {
      for (const more of ['', '&_count=1', '&status=current']) {
        const { bytes } = await reader.get(`/fhir/DocumentReference?patient.identifier=${subject}${more}`)
        t.equal(bytes.byteLength % 4096, 0, `${reader.file.role} ${more}`)
      }
    }
    const [kept] = await search(ohp, one.atHr.subject)
    t.equal((await documentOf(ohp, kept!)).bytes.byteLength % 4096, 0)
  })

  t.test('403 speaks of the caller alone: the same for what is there and what is not', async t => {
    const withoutPerson = await registered(running, { role: 'employer-hr', organization: employer })
    const ambiguous = await registered(running, {
      role: 'employer-ohp',
      organization: employer,
      person: { id: 'ohp-9', name: '産業 医師' },
      purposes: ['support-consideration', 'plan-support']
    })
    Object.assign(ambiguous.file, { purpose: undefined })
    const narrow = await registered(running, { role: 'hospital', organization: case3.hospital })
    Object.assign(narrow.file, { scope: 'system/EpisodeOfCare.r' })
    const there = [id, ofColleague.id!, withdrawn.id!]
    for (const [caller, key] of [
      [withoutPerson, 'person-missing'],
      [ambiguous, 'acting-ambiguous'],
      [narrow, 'insufficient-scope'],
      [one.town.employerAuditor, 'insufficient-scope']
    ] as const) {
      for (const path of paths('')) {
        const at = (documentId: string) => path.replace(/(?<=\/(?:Bundle|DocumentReference|documents)\/)/u, documentId)
        const absent = seen(await caller.get(at(randomUUID())))
        t.equal(absent.status, 403, key)
        t.match(absent.bytes, `"code":"${key}"`)
        for (const documentId of there) t.same(seen(await caller.get(at(documentId))), absent)
      }
    }
    const withdrawing = (caseId: string) =>
      hr.post(`/fhir/EpisodeOfCare/${caseId}/$transition`, parameters({ name: 'to', valueCode: 'withdrawn' }))
    const absent = seen(await withdrawing(randomUUID()))
    t.match(absent.bytes, '"code":"role-not-allowed"', 'only the worker withdraws a case')
    t.same(seen(await withdrawing(one.atHr.id)), absent)
  })
})
