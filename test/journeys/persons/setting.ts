import type { Parameters } from '@medplum/fhirtypes'
import type { FixtureCase } from '../../../fixtures/cases/case.ts'
import type { Running } from '../../parties/gateway.ts'
import type { Answered, Party } from '../../parties/party.ts'
import { PersonParty } from '../../parties/person.ts'
import { registerTown, type Town } from '../../parties/register.ts'
import { expectStatus, invite, join, type Known, knownFrom, openCase, parameters } from '../../parties/story.ts'

export interface Who {
  readonly account: string
  readonly role: string
  readonly party: string
  readonly organization: string
  readonly stepUpEnd: string
  readonly end: string
  readonly idleEnd: string
  readonly cases: readonly { readonly id: string; readonly confirmed: boolean }[]
  readonly notices: readonly {
    readonly id: string
    readonly kind: string
    readonly case?: string
    readonly reference?: string
  }[]
}

/** Stories are told of parties; a person speaks as one. */
export const asParty = (person: PersonParty): Party => person as unknown as Party

/** A case whose worker joined with a phone, and which the hospital has joined. */
export interface PersonCase {
  readonly story: FixtureCase
  readonly town: Town
  readonly person: PersonParty
  readonly who: Who
  readonly atHr: Known
  readonly atHospital: Known
  readonly atWorker: Known
}

export async function personCase(
  running: Running,
  story: FixtureCase,
  { isConfirmed = true } = {}
): Promise<PersonCase> {
  const town = await registerTown(running, story)
  const atHr = await openCase(town.hr, story)
  const person = new PersonParty(running.baseUrl)
  const who = expectStatus(await person.register(atHr.invitation!), 201).body as Who
  const atWorker = await knownTo(person, atHr.id)
  const code = await invite(asParty(person), atHr.id, 'hospital')
  const atHospital = knownFrom(expectStatus(await join(town.hospital, story, code), 201))
  if (isConfirmed) await confirmAt(town.hospital, person, atHr.id)
  return { story, town, person, who, atHr, atHospital, atWorker }
}

export async function knownTo(person: PersonParty, id: string): Promise<Known> {
  const { body } = expectStatus(await person.get<{ case: string; caseSubject: string }>(`/api/v1/cases/${id}`), 200)
  return { id, identifier: body.case, subject: body.caseSubject }
}

/** One parameter of an operation's answer. */
export const textIn = ({ body }: Answered, name: string): string =>
  (body as Parameters).parameter!.find(each => each.name === name)!.valueString!

export const evidence = parameters({ name: 'identityEvidence', valueCode: 'drivers-licence' })

/** The reception shows a code, the person types it. */
export async function confirmAt(hospital: Party, person: PersonParty, id: string): Promise<void> {
  const shown = expectStatus(await hospital.post(`/fhir/EpisodeOfCare/${id}/$confirm`, evidence), 200)
  const body = parameters({ name: 'confirmationCode', valueString: textIn(shown, 'confirmationCode') })
  expectStatus(await person.post(`/fhir/EpisodeOfCare/${id}/$confirm`, body), 200)
}

export const closePeople = (people: readonly { close(): Promise<void> }[]): Promise<unknown> =>
  Promise.all(people.map(person => person.close()))
