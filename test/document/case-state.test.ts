import fc from 'fast-check'
import t from 'tap'
import {
  type CaseEvent,
  type CaseState,
  caseStates,
  coarseCaseState,
  episodeStatus,
  nextCaseState,
  shownCaseState
} from '../../src/document/case-state.ts'

const opinion = (notNow = false): CaseEvent => ({ kind: 'document', of: 'opinion-return', notNow })
const workInformation: CaseEvent = { kind: 'document', of: 'work-information', notNow: false }
const drafted = (of: Extract<CaseEvent, { kind: 'draft' }>['of']): CaseEvent => ({ kind: 'draft', of })
const released = (of: 'work-information' | 'opinion-return', to: 'hospital' | 'employer' | 'occupational-health') =>
  ({ kind: 'released', of, to }) as const
const confirmed = (of: 'opinion-return' | 'support-plan'): CaseEvent => ({ kind: 'confirmed-by-worker', of })
const plan: CaseEvent = { kind: 'document', of: 'support-plan', notNow: false }
const set = (to: 'requested' | 'closed' | 'withdrawn'): CaseEvent => ({ kind: 'set', to })

// domain §3, arrow by arrow
const arrows: readonly (readonly [CaseState, CaseEvent, CaseState])[] = [
  ['requested', drafted('work-information'), 'work-info-draft'],
  ['work-info-draft', workInformation, 'work-info-signed'],
  ['work-info-signed', released('work-information', 'hospital'), 'with-physician'],
  ['with-physician', drafted('opinion-return'), 'opinion-draft'],
  ['opinion-draft', opinion(), 'opinion-signed'],
  ['opinion-signed', confirmed('opinion-return'), 'worker-review'],
  ['worker-review', released('opinion-return', 'employer'), 'released'],
  ['released', { kind: 'document', of: 'ohp-opinion', notNow: false }, 'oh-review'],
  ['oh-review', drafted('support-plan'), 'plan-draft'],
  ['plan-draft', confirmed('support-plan'), 'plan-agreed'],
  ['plan-agreed', plan, 'in-follow-up'],
  ['in-follow-up', set('closed'), 'closed'],
  // the loops of follow-up, the new opinion, the card and the direct variant
  ['in-follow-up', drafted('work-information'), 'work-info-draft'],
  ['in-follow-up', drafted('opinion-continuation'), 'opinion-draft'],
  ['in-follow-up', drafted('support-plan'), 'plan-draft'],
  ['released', drafted('opinion-return'), 'opinion-draft'],
  ['requested', released('work-information', 'hospital'), 'with-physician'],
  ['opinion-draft', opinion(true), 'in-follow-up'],
  ['opinion-signed', opinion(true), 'in-follow-up'],
  // where both sides leave steps out
  ['requested', workInformation, 'work-info-signed'],
  ['requested', drafted('support-card'), 'opinion-draft'],
  ['with-physician', opinion(), 'opinion-signed'],
  ['opinion-signed', released('opinion-return', 'employer'), 'released'],
  ['opinion-signed', released('opinion-return', 'occupational-health'), 'oh-review'],
  ['released', drafted('support-plan'), 'plan-draft'],
  ['plan-draft', plan, 'in-follow-up']
]

t.test('a case goes the ways of domain §3', t => {
  for (const [state, event, next] of arrows) {
    const { kind } = event
    t.equal(nextCaseState(state, event), next, `${state} → ${next} by ${'of' in event ? `${kind} ${event.of}` : kind}`)
  }
  t.end()
})

t.test('each state is reached, and each but the two ends goes on by a document or a consent', t => {
  const reached = new Set<CaseState>(['requested', 'withdrawn', ...arrows.map(([, , next]) => next)])
  t.same(
    [...caseStates].filter(state => !reached.has(state)),
    []
  )
  const left = new Set<CaseState>(arrows.filter(([, { kind }]) => kind !== 'set').map(([state]) => state))
  t.same(
    caseStates.filter(state => !left.has(state)),
    ['closed', 'withdrawn']
  )
  t.end()
})

t.test('only the worker’s own words end a case, and nothing happens in one that has ended', t => {
  for (const state of caseStates) {
    t.equal(nextCaseState(state, set('withdrawn')), state === 'withdrawn' ? undefined : 'withdrawn', state)
    t.equal(nextCaseState(state, set('closed')), ['closed', 'withdrawn'].includes(state) ? undefined : 'closed', state)
    t.equal(nextCaseState(state, set('requested')), state === 'closed' ? 'requested' : undefined, state)
  }
  for (const state of ['closed', 'withdrawn'] as const) {
    for (const event of [
      opinion(),
      workInformation,
      plan,
      released('opinion-return', 'employer'),
      confirmed('support-plan')
    ])
      t.equal(nextCaseState(state, event), undefined)
  }
  t.end()
})

t.test('what comes late or again does not throw a case back', t => {
  t.equal(nextCaseState('released', workInformation), 'released')
  t.equal(nextCaseState('opinion-signed', drafted('work-information')), 'opinion-signed')
  t.equal(nextCaseState('released', released('work-information', 'hospital')), 'released')
  t.equal(nextCaseState('plan-draft', released('opinion-return', 'employer')), 'plan-draft')
  t.equal(nextCaseState('in-follow-up', confirmed('support-plan')), 'in-follow-up')
  t.equal(nextCaseState('worker-review', confirmed('opinion-return')), 'worker-review')
  t.equal(nextCaseState('work-info-signed', released('work-information', 'employer')), 'work-info-signed')
  t.end()
})

const eventOf: fc.Arbitrary<CaseEvent> = fc.constantFrom(...arrows.map(([, event]) => event), set('withdrawn'))

t.test('whatever happens in whatever order, the state is one of the list and an ended case stays ended', t => {
  fc.assert(
    fc.property(fc.array(eventOf, { maxLength: 30 }), events => {
      let state: CaseState = 'requested'
      for (const event of events) {
        const next: CaseState | undefined = nextCaseState(state, event)
        if (next === undefined) continue
        if (!caseStates.includes(next)) return false
        if (state === 'withdrawn' || (state === 'closed' && next !== 'withdrawn' && next !== 'requested')) return false
        state = next
      }
      return true
    })
  )
  t.end()
})

t.test('organisations see less than the worker', t => {
  const coarse = {
    open: ['requested', 'work-info-draft', 'work-info-signed'],
    waiting: ['with-physician', 'opinion-draft', 'opinion-signed', 'worker-review'],
    received: ['released', 'oh-review'],
    plan: ['plan-draft', 'plan-agreed'],
    'follow-up': ['in-follow-up'],
    closed: ['closed', 'withdrawn']
  } as const
  for (const [shown, states] of Object.entries(coarse))
    for (const state of states) t.equal(coarseCaseState(state), shown, state)
  t.equal(Object.values(coarse).flat().length, caseStates.length)
  for (const state of caseStates) {
    t.equal(shownCaseState(state, 'worker'), state)
    for (const side of ['hospital', 'employer', 'coordinator', undefined] as const)
      t.equal(shownCaseState(state, side), coarseCaseState(state))
  }
  t.end()
})

t.test(
  'an opinion that waits for the worker looks the same whatever the physician wrote and the worker thinks of it',
  t => {
    const shown = ['with-physician', 'opinion-draft', 'opinion-signed', 'worker-review'] as const
    t.same(new Set(shown.map(coarseCaseState)), new Set(['waiting']))
    t.end()
  }
)

t.test('the FHIR status of a case is active until it ends', t => {
  for (const state of caseStates) {
    const expected = { closed: 'finished', withdrawn: 'cancelled' }[state as string] ?? 'active'
    t.equal(episodeStatus(state), expected, state)
  }
  t.end()
})
