import type { FixtureCase } from '../../fixtures/cases/case.ts'
import type { Running } from '../parties/gateway.ts'
import { registerTown, type Town } from '../parties/register.ts'
import { accept, confirm, expectStatus, invite, join, type Known, knownFrom, openCase } from '../parties/story.ts'

/** A case that employer, worker and hospital have joined, and what each of them knows of it. */
export interface JoinedCase {
  readonly story: FixtureCase
  readonly town: Town
  readonly atHr: Known
  readonly atWorker: Known
  readonly atHospital: Known
}

export interface Joining {
  readonly webhooks?: { readonly hospital?: string; readonly hr?: string; readonly ohp?: string }
  /** whether the reception has seen the worker; true where it is not said */
  readonly isConfirmed?: boolean
}

/** Steps 0 to 2 of a case: HR opens it, the worker takes the invitation, the hospital joins by the worker's code. */
export async function joinedCase(running: Running, story: FixtureCase, joining: Joining = {}): Promise<JoinedCase> {
  const town = await registerTown(running, story, joining.webhooks)
  return { story, town, ...(await openedAgain(town, story, joining)) }
}

/** Another case of the same people. */
export async function openedAgain(
  town: Town,
  story: FixtureCase,
  { isConfirmed = true }: Joining = {}
): Promise<Pick<JoinedCase, 'atHr' | 'atWorker' | 'atHospital'>> {
  const atHr = await openCase(town.hr, story)
  const atWorker = await accept(town.worker, atHr.invitation!)
  const code = await invite(town.worker, atWorker.id, 'hospital')
  const atHospital = knownFrom(expectStatus(await join(town.hospital, story, code), 201))
  if (isConfirmed) await confirm(town.hospital, town.worker, atWorker.id)
  return { atHr, atWorker, atHospital }
}

export const closeAll = (parties: readonly { close(): Promise<void> }[]): Promise<unknown> =>
  Promise.all(parties.map(party => party.close()))
