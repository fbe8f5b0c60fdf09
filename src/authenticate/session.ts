import type { Caller, Person, PersonSession } from '../document/caller.ts'
import type { ClientId, Instant } from '../document/ids.ts'
import type { Partner } from '../document/partner.ts'
import { type ClientRole, roleOfClient, sideOfClient } from '../document/role.ts'
import { Refusal } from '../outcome/refusal.ts'

/** A person's session as the store has it. It does not care how the person proved to be there. */
export interface StoredSession {
  /** HMAC of the token in the cookie */
  readonly id: string
  readonly account: ClientId
  readonly credential: string
  readonly startedAt: Instant
  readonly seenAt: Instant
  readonly steppedUpAt: Instant
  /** absolute end */
  readonly expiresAt: Instant
}

const minuteMs = 60_000
/** NIST SP 800-63B-4 section 2.2.3 (AAL2): an hour idle at most, a day in all; ours are shorter. */
const idleMinutes = 15
/** A worker reads at leisure, and on a phone that locks itself. */
const workerIdleMinutes = 30
export const absoluteMs = 12 * 60 * minuteMs
const stepUpMs = 5 * minuteMs
/** by which the clocks of gateways may differ */
const skewMs = 5 * minuteMs
/** sessions of one person at a time; the one unused longest makes room */
export const mostSessions = 5

export const idleMs = (role: ClientRole): number => (role === 'worker' ? workerIdleMinutes : idleMinutes) * minuteMs

/** The session ends at the earlier of the two; one that was last used far in the future was written by a clock that ran ahead. */
export const isOpen = ({ expiresAt, seenAt }: StoredSession, role: ClientRole, now: Instant): boolean =>
  now < expiresAt && Math.abs(now - seenAt) < idleMs(role)

/** Until when what needs a fresh proof may be done. */
export const stepUpEnd = ({ steppedUpAt }: Pick<PersonSession, 'steppedUpAt'>): Instant => steppedUpAt + stepUpMs

/**
 * Release, export and changes of passkeys need a proof of presence of the last five minutes, so that an open screen gives nothing
 * away. A machine's client has proven its key for the very token that it calls with, and has no screen to leave open: it counts as
 * stepped up (clients that act as workers are for tests and the sandbox alone).
 * @throws Refusal `step-up-needed`
 */
export function requireStepUp({ session }: Pick<Caller, 'session'>, now: Instant): void {
  if (session === undefined) return
  if (now >= stepUpEnd(session) || session.steppedUpAt > now + skewMs) throw new Refusal('step-up-needed')
}

/** The caller that a person is in a session, before any token: it has no scopes, since nothing but `/session` is open to it. */
export function callerInSession(
  partner: Pick<Partner, 'clientId' | 'role' | 'party' | 'organization' | 'organizationIdentifier'>,
  session: PersonSession,
  person: Person | undefined,
  address: string
): Caller {
  return {
    client: partner.clientId,
    clientRole: partner.role,
    side: sideOfClient[partner.role],
    party: partner.party,
    organization: partner.organization,
    organizationIdentifier: partner.organizationIdentifier,
    role: roleOfClient[partner.role],
    purpose: undefined,
    person,
    scopes: new Set(),
    token: session.id,
    address,
    session
  }
}
