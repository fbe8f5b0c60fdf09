import { randomUUID } from 'node:crypto'
import type { AuditEvent, Bundle, Consent } from '@medplum/fhirtypes'
import type { FixtureCase } from '../../../fixtures/cases/case.ts'
import { caseSubjectSystem, idSystem } from '../../../src/document/canonical.ts'
import { type ClientRole, roleOfClient } from '../../../src/document/role.ts'
import { awaitStamp } from '../../parties/await-stamp.ts'
import { startGateway } from '../../parties/gateway.ts'
import type { Party } from '../../parties/party.ts'
import { type Registering, register } from '../../parties/register.ts'
import {
  accept,
  confirm,
  deposit,
  expectStatus,
  invite,
  join,
  type Known,
  knownFrom,
  liveDocument,
  openCase,
  release,
  search
} from '../../parties/story.ts'
import { TimeStampingAuthority } from '../../parties/time-stamping-authority.ts'

export const roles = Object.keys(roleOfClient) as readonly ClientRole[]

/** Roles that use codes. */
export const joining = ['worker', 'hospital', 'employer-hr', 'coordinator'] as const
export type Joining = (typeof joining)[number]

/** What there is of one case, by the ids under which the one who calls knows it. */
export interface Named {
  readonly story: FixtureCase
  readonly caseId: string
  readonly identifier: string
  readonly subject: string
  /** of the opinion, or of the copy of it */
  readonly document: string
  readonly consent: string
  /** the time-stamp over the signature of the original */
  readonly stamp: string
  readonly record: string
  /** of an import of the employer's */
  readonly import: string
  /** makes a code that nobody used yet, for whoever may use one */
  freshCode(role: Joining): Promise<string>
  readonly party: (role: ClientRole) => Party
}

/** A case as each role knows it, and the parties in it. */
export interface World {
  readonly parties: Readonly<Record<ClientRole, Party>>
  named(role: ClientRole): Named
}

export interface Worlds {
  /** of the callers' organisations, and of the worker who calls */
  readonly own: World
  /** of the same organisations, about another worker */
  readonly colleague: World
  /** of other organisations, about another worker */
  readonly stranger: World
  stop(): Promise<void>
}

let made = 700_000

/** A number that the house gave to no other document. */
export const freshIdentifier = ({ hospital }: FixtureCase): string => `${hospital.number}^2026^${++made}`

const everyScope = 'system/*.cruds'

/**
 * Three cases on one gateway, each with an opinion that was released to every role that may have one. All clients are registered
 * for every scope, so that what is refused is refused for the role.
 */
export async function buildWorlds(one: FixtureCase, other: FixtureCase): Promise<Worlds> {
  const authority = await TimeStampingAuthority.start()
  const running = await startGateway({ env: { RYORITSU_TSA_URL: authority.url } })
  const opened: Party[] = []
  const registered = async (registering: Registering) => {
    const party = await register(running, { ...registering, scope: everyScope })
    opened.push(party)
    return party
  }
  const town = await townOf(registered, one)
  const own = await worldOf(one, town)
  const colleague = await worldOf(one, { ...town, worker: await registered(worker(one)) })
  const stranger = await worldOf(other, await townOf(registered, other))
  return {
    own,
    colleague,
    stranger,
    async stop() {
      await Promise.all(opened.map(party => party.close()))
      await running.stop()
      await authority.close()
    }
  }
}

const worker = (story: FixtureCase): Registering => ({
  role: 'worker',
  organization: { name: story.worker.name, identifier: { system: idSystem('person'), value: randomUUID() } }
})

async function townOf(
  registered: (registering: Registering) => Promise<Party>,
  story: FixtureCase
): Promise<World['parties']> {
  const employer = { name: story.employer.name, identifier: story.employer.identifier }
  const hospital = { name: story.hospital.name, identifier: story.hospital.identifier }
  const elsewhere = (value: string) => ({
    name: value,
    identifier: { system: 'https://elsewhere.example/organization', value: randomUUID() }
  })
  const { registration } = story.physician
  const signingKeys = [`physician-${registration}`, `hospital-${story.hospital.number}`]
  const person = (id: string) => ({ id, name: '担当 者' })
  const employerKey = `employer-${story.employer.identifier.value}`
  return {
    hospital: await registered({ role: 'hospital', organization: hospital, signingKeys: signingKeys.slice(-1) }),
    'employer-hr': await registered({
      role: 'employer-hr',
      organization: employer,
      signingKeys: [employerKey],
      person: person('hr')
    }),
    'employer-ohp': await registered({ role: 'employer-ohp', organization: employer, person: person('ohp') }),
    supervisor: await registered({ role: 'supervisor', organization: employer, person: person('supervisor') }),
    coordinator: await registered({ role: 'coordinator', organization: elsewhere('coordinators') }),
    worker: await registered(worker(story)),
    auditor: await registered({ role: 'auditor', organization: employer }),
    operator: await registered({ role: 'operator', organization: elsewhere('operators') })
  }
}

/** Plays a case up to a released opinion. */
async function worldOf(story: FixtureCase, parties: World['parties']): Promise<World> {
  const { hospital, worker, coordinator, 'employer-hr': hr } = parties
  const atHr = await openCase(hr, story)
  const atWorker = await accept(worker, atHr.invitation!)
  const joined = async (party: Party, side: 'hospital' | 'coordinator') =>
    knownFrom(expectStatus(await join(party, story, await invite(worker, atWorker.id, side)), 201))
  const atHospital = await joined(hospital, 'hospital')
  const atCoordinator = await joined(coordinator, 'coordinator')
  await confirm(hospital, worker, atWorker.id)
  const known: Partial<Record<ClientRole, Known>> = {
    hospital: atHospital,
    worker: atWorker,
    coordinator: atCoordinator
  }
  const opinion = liveDocument(story, 'opinion-continuation', atHospital, { identifier: freshIdentifier(story) })
  const original = expectStatus(await deposit(hospital, opinion), 201).body.id!
  const consent = await release(worker, {
    subject: atWorker.subject,
    discloser: hospital.file.organization,
    recipients: [hr, parties['employer-ohp'], parties.supervisor, coordinator].map(({ file }) => file.party),
    kinds: ['opinion-continuation'],
    classes: 'all'
  })
  const documents: Partial<Record<ClientRole, string>> = { hospital: original, worker: original }
  for (const role of ['employer-hr', 'employer-ohp', 'supervisor', 'coordinator'] as const) {
    const found = await search(parties[role], (known[role] ?? atHr).subject)
    documents[role] = found[0]?.id ?? original
  }
  const { token: stamp } = await awaitStamp(hospital, original)
  const file = `case,wi.occupation\r\n${atHr.identifier},x`
  const csv = { headers: { 'content-type': 'text/csv' } }
  const imported = expectStatus(await hr.post<{ id: string }>('/api/v1/imports', file, csv), 202).body.id
  const recordOf = async (party: Party, subject: string) => {
    const query = `patient.identifier=${encodeURIComponent(`${caseSubjectSystem}|${subject}`)}`
    const { body } = expectStatus(await party.get<Bundle>(`/fhir/AuditEvent?${query}`), 200)
    return (body.entry![0]!.resource as AuditEvent).id!
  }
  const ofWorker = await recordOf(worker, atWorker.subject)
  const ofParty = await recordOf(parties.auditor, atHr.subject)
  return {
    parties,
    named: role => ({
      story,
      caseId: atWorker.id,
      identifier: atWorker.identifier,
      subject: (known[role] ?? atHr).subject,
      document: documents[role] ?? original,
      consent: (consent as Consent).id!,
      stamp,
      record: role === 'auditor' ? ofParty : ofWorker,
      import: imported,
      freshCode: async caller => {
        if (caller === 'worker') return (await openCase(hr, story)).invitation!
        const { id } = await openCase(worker, story)
        return invite(worker, id, caller === 'employer-hr' ? 'employer' : caller)
      },
      party: name => parties[name]
    })
  }
}
