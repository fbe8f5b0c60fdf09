import type { KindCode } from './kind.ts'
import type { Side } from './role.ts'

/** The worker's fine view of a case (domain §3). */
export const caseStates = [
  'requested',
  'work-info-draft',
  'work-info-signed',
  'with-physician',
  'opinion-draft',
  'opinion-signed',
  'worker-review',
  'released',
  'oh-review',
  'plan-draft',
  'plan-agreed',
  'in-follow-up',
  'closed',
  'withdrawn'
] as const
export type CaseState = (typeof caseStates)[number]

/** What organisations see: nothing that tells what the worker decided or what the physician wrote. */
export type CoarseCaseState = 'open' | 'waiting' | 'received' | 'plan' | 'follow-up' | 'closed'

/** Something that happened to a case; states follow from documents and consents, never from a call that sets them. */
export type CaseEvent =
  | { readonly kind: 'draft'; readonly of: 'work-information' | 'support-plan' | Opinion }
  | {
      readonly kind: 'document'
      readonly of: KindCode /** the physician says: not now, and HR may read it */
      readonly notNow: boolean
    }
  | { readonly kind: 'confirmed-by-worker'; readonly of: KindCode }
  | {
      readonly kind: 'released'
      readonly of: KindCode
      readonly to: 'hospital' | 'employer' | 'coordinator' | 'occupational-health'
    }
  | { readonly kind: 'set'; readonly to: 'requested' | 'closed' | 'withdrawn' }

const opinionKinds = ['opinion-continuation', 'opinion-return', 'support-card'] as const satisfies readonly KindCode[]
type Opinion = (typeof opinionKinds)[number]
const opinions: readonly KindCode[] = opinionKinds
/** Nothing more is added to it and nobody joins it. */
export const isEnded = (state: CaseState): boolean => state === 'closed' || state === 'withdrawn'

/**
 * The state after an event; the same state where the event does not move the case.
 * @returns undefined where the event is not allowed in this state (only ended cases and `set` refuse)
 */
export function nextCaseState(state: CaseState, event: CaseEvent): CaseState | undefined {
  if (event.kind === 'set') return set(state, event.to)
  if (isEnded(state)) return undefined
  switch (event.kind) {
    case 'draft':
      return afterDraft(state, event)
    case 'document':
      return afterDocument(state, event)
    case 'confirmed-by-worker':
      if (opinions.includes(event.of) && state === 'opinion-signed') return 'worker-review'
      return event.of === 'support-plan' && state === 'plan-draft' ? 'plan-agreed' : state
    case 'released':
      return afterRelease(state, event)
  }
}

function afterDraft(state: CaseState, { of }: Extract<CaseEvent, { kind: 'draft' }>): CaseState {
  if (of === 'work-information')
    return before(state, 'work-info-signed') || state === 'in-follow-up' ? 'work-info-draft' : state
  if (of === 'support-plan')
    return state === 'released' || state === 'oh-review' || state === 'in-follow-up' ? 'plan-draft' : state
  return before(state, 'opinion-draft') || state === 'released' || state === 'in-follow-up' ? 'opinion-draft' : state
}

function afterDocument(state: CaseState, event: Extract<CaseEvent, { kind: 'document' }>): CaseState {
  if (event.of === 'work-information')
    return before(state, 'with-physician') || state === 'in-follow-up' ? 'work-info-signed' : state
  // a first "not now" leads to follow-up until the next opinion (domain §3), as soon as the employer may know of it
  if (opinions.includes(event.of)) return event.notNow ? 'in-follow-up' : 'opinion-signed'
  if (event.of === 'ohp-opinion') return state === 'released' ? 'oh-review' : state
  if (event.of === 'support-plan') return 'in-follow-up'
  return state
}

function afterRelease(state: CaseState, event: Extract<CaseEvent, { kind: 'released' }>): CaseState {
  if (event.of === 'work-information' && event.to === 'hospital')
    return before(state, 'opinion-draft') ? 'with-physician' : state
  if (!opinions.includes(event.of)) return state
  if (state !== 'opinion-signed' && state !== 'worker-review' && state !== 'released') return state
  return event.to === 'occupational-health' ? 'oh-review' : 'released'
}

function set(state: CaseState, to: 'requested' | 'closed' | 'withdrawn'): CaseState | undefined {
  if (to === 'withdrawn') return state === 'withdrawn' ? undefined : 'withdrawn'
  if (to === 'closed') return isEnded(state) ? undefined : 'closed'
  return state === 'closed' ? 'requested' : undefined
}

const before = (state: CaseState, other: CaseState): boolean => caseStates.indexOf(state) < caseStates.indexOf(other)

/** What an organisation may know of the state (domain §3, P-9: a refusal must not show). */
export function coarseCaseState(state: CaseState): CoarseCaseState {
  switch (state) {
    case 'requested':
    case 'work-info-draft':
    case 'work-info-signed':
      return 'open'
    case 'with-physician':
    case 'opinion-draft':
    case 'opinion-signed':
    case 'worker-review':
      return 'waiting'
    case 'released':
    case 'oh-review':
      return 'received'
    case 'plan-draft':
    case 'plan-agreed':
      return 'plan'
    case 'in-follow-up':
      return 'follow-up'
    case 'closed':
    case 'withdrawn':
      return 'closed'
  }
}

/** The state as one side may see it: fine for the worker, coarse for everybody else. */
export function shownCaseState(state: CaseState, side: Side | undefined): CaseState | CoarseCaseState {
  return side === 'worker' ? state : coarseCaseState(state)
}

/** FHIR R4 EpisodeOfCare.status */
export function episodeStatus(state: CaseState): 'active' | 'finished' | 'cancelled' {
  if (state === 'closed') return 'finished'
  return state === 'withdrawn' ? 'cancelled' : 'active'
}
