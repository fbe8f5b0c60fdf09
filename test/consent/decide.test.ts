import fc from 'fast-check'
import t from 'tap'
import { type Decision, decideRelease, type ReleaseQuestion, type UnitLabels } from '../../src/consent/decide.ts'
import { classSystem, confidentialitySystem, itemSystem } from '../../src/consent/label.ts'
import type { ConsentFacts, Label, Provision } from '../../src/document/consent.ts'
import { as, type CaseId, type ConsentId, type OrganizationId, type PartyId } from '../../src/document/ids.ts'
import type { Kind } from '../../src/document/kind.ts'
import { kinds } from '../../src/document/kinds.ts'

const opinion = kinds['opinion-continuation']
const [hospital, employer] = [as<OrganizationId>('hospital'), as<OrganizationId>('employer')]
const [ohp, hr] = [as<PartyId>('ohp'), as<PartyId>('hr')]
const ofClass = (code: string): Label => ({ system: classSystem, code })
const ofItem = (code: string): Label => ({ system: itemSystem, code })
const level = (code: string): Label => ({ system: confidentialitySystem, code })

const units: readonly UnitLabels[] = [
  { linkId: 'oc.canWork', at: [], class: 'work-fitness' },
  { linkId: 'oc.diagnosis', at: [], class: 'diagnosis' },
  { linkId: 'oc.symptoms', at: [], class: 'symptom' },
  { linkId: 'oc.measures', at: [], class: 'work-restriction' },
  { linkId: 'oc.period.start', at: [], class: 'work-restriction' }
]
const question: ReleaseQuestion = {
  case: as<CaseId>('case'),
  kind: opinion,
  discloser: hospital,
  recipient: { party: ohp, organization: employer, role: 'ohp' },
  purpose: 'support-consideration',
  at: 500,
  units
}
const permit: Provision = {
  type: 'permit',
  period: { start: 100, end: 900 },
  kinds: ['opinion-continuation'],
  actors: [ohp],
  purposes: ['support-consideration'],
  labels: [ofClass('work-restriction'), ofClass('work-fitness')],
  withholding: 'marked'
}
const consent: ConsentFacts = {
  id: as<ConsentId>('c1'),
  case: question.case,
  type: 'release',
  status: 'active',
  discloser: hospital,
  period: { start: 0, end: 1000 },
  provisions: [permit],
  replaces: undefined,
  endedAt: undefined
}
const giving = (...provisions: readonly Partial<Provision>[]): ConsentFacts => ({
  ...consent,
  provisions: provisions.map(each => ({ ...permit, ...each }))
})
const linkIds = (decision: Decision) =>
  decision.outcome === 'permit' ? decision.released.map(({ linkId }) => linkId) : []
const reasonOf = (decision: Decision) => (decision.outcome === 'deny' ? decision.reason : 'permit')
const ask = (consents: readonly ConsentFacts[], change: Partial<ReleaseQuestion> = {}) =>
  decideRelease({ ...question, ...change }, consents)

t.test('without a consent nothing is released, whatever is asked', async t => {
  t.strictSame(ask([]), { outcome: 'deny', reason: 'no-release', consents: [] })
})

t.test('releases what the permit names, and says what it holds back and by which consent', async t => {
  t.strictSame(ask([consent]), {
    outcome: 'permit',
    released: [units[0], units[3], units[4]].map(unit => ({ linkId: unit?.linkId, at: [] })),
    withheld: [
      { place: { linkId: 'oc.diagnosis', at: [] }, as: 'marked' },
      { place: { linkId: 'oc.symptoms', at: [] }, as: 'marked' }
    ],
    consents: ['c1'],
    policy: 'https://ryoritsu.example/fhir/policy/ryoritsu-disclosure|1.0',
    obligations: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'NORDSCLCD' }]
  })
})

t.test('one item can be added to a class, or taken out of it', async t => {
  t.strictSame(linkIds(ask([giving({ labels: [ofClass('work-fitness'), ofItem('oc.diagnosis')] })])), [
    'oc.canWork',
    'oc.diagnosis'
  ])
  t.strictSame(linkIds(ask([giving({}, { type: 'deny', labels: [ofItem('oc.period.start')] })])), [
    'oc.canWork',
    'oc.measures'
  ])
})

t.test('a confidentiality permits what is not more confidential, and denies what is not less', async t => {
  const everything = units.map(({ linkId }) => linkId)
  for (const code of ['R', 'V']) t.strictSame(linkIds(ask([giving({ labels: [level(code)] })])), everything, code)
  for (const code of ['U', 'L', 'M', 'N', 'X']) {
    t.equal(reasonOf(ask([giving({ labels: [level(code)] })])), 'class-denied', code)
  }
  for (const code of ['U', 'L', 'M', 'N', 'R']) {
    t.equal(reasonOf(ask([giving({}, { type: 'deny', labels: [level(code)] })])), 'class-denied', code)
  }
  t.equal(linkIds(ask([giving({}, { type: 'deny', labels: [level('V')] })])).length, 3)
})

t.test('every "no" has its reason for worker and auditor', async t => {
  const cases: readonly (readonly [string, readonly ConsentFacts[], Partial<ReleaseQuestion>, string])[] = [
    ['only custody', [{ ...consent, type: 'custody' }], {}, 'no-release'],
    ['another case', [{ ...consent, case: as<CaseId>('other') }], {}, 'no-release'],
    ['another discloser', [{ ...consent, discloser: employer }], {}, 'no-release'],
    ['another kind', [consent], { kind: kinds['opinion-return'] }, 'no-release'],
    ['not begun', [consent], { at: 99 }, 'no-release'],
    [
      'another role of the same employer',
      [consent],
      { recipient: { ...question.recipient, party: hr } },
      'wrong-recipient'
    ],
    [
      'a role that may never see it',
      [consent],
      { recipient: { ...question.recipient, role: 'auditor' } },
      'wrong-recipient'
    ],
    ['another purpose', [consent], { purpose: 'billing-provision' }, 'wrong-purpose'],
    [
      'a purpose that the kind does not serve',
      [giving({ purposes: ['inquiry'] })],
      { purpose: 'inquiry' },
      'wrong-purpose'
    ],
    ['withdrawn', [{ ...consent, status: 'inactive', endedAt: 400 }], {}, 'withdrawn'],
    [
      'withdrawn by a gateway whose clock is ahead',
      [{ ...consent, status: 'inactive', endedAt: 501 }],
      {},
      'withdrawn'
    ],
    ['ended, its status not yet', [{ ...consent, endedAt: 500 }], {}, 'withdrawn'],
    ['expired', [consent], { at: 900 }, 'expired'],
    ['expired before it was withdrawn', [{ ...consent, status: 'inactive', endedAt: 950 }], { at: 960 }, 'expired'],
    [
      'withdrawn before it would have expired',
      [{ ...consent, status: 'inactive', endedAt: 800 }],
      { at: 960 },
      'withdrawn'
    ],
    ['only what is denied', [giving({}, { ...permit, type: 'deny' })], {}, 'class-denied']
  ]
  for (const [title, consents, change, reason] of cases) t.equal(reasonOf(ask(consents, change)), reason, title)
})

t.test(
  'of several permits that ended, the last one to end gives the reason; withdrawal goes before expiry',
  async t => {
    const until = (id: string, end: number, endedAt?: number): ConsentFacts => ({
      ...giving({ period: { start: 0, end } }),
      id: as<ConsentId>(id),
      status: endedAt === undefined ? 'active' : 'inactive',
      endedAt
    })
    for (const [one, other, reason] of [
      [until('c1', 900), until('c2', 950, 930), 'withdrawn'],
      [until('c1', 940), until('c2', 950, 930), 'expired'],
      [until('c1', 930), until('c2', 950, 930), 'withdrawn'],
      [until('c1', 930), until('c2', 930, 930), 'withdrawn']
    ] as const) {
      t.equal(reasonOf(ask([one, other], { at: 960 })), reason)
      t.equal(reasonOf(ask([other, one], { at: 960 })), reason)
    }
  }
)

t.test(
  'a period holds from its start until just before its end, of the consent and of the provision alike',
  async t => {
    for (const [at, released] of [
      [99, false],
      [100, true],
      [899, true],
      [900, false]
    ] as const) {
      t.equal(ask([consent], { at }).outcome === 'permit', released, `provision at ${at}`)
      const wide = { ...giving({ period: { start: 0, end: 1000 } }), period: { start: 100, end: 900 } }
      t.equal(ask([wide], { at }).outcome === 'permit', released, `consent at ${at}`)
    }
  }
)

t.test('a deny outlives the withdrawal of its consent, until another consent replaces it by name', async t => {
  const withdrawn = {
    ...giving({ type: 'deny', labels: [ofClass('diagnosis')] }),
    id: as<ConsentId>('c0'),
    status: 'inactive',
    endedAt: 300
  } as const
  const all = giving({ labels: [level('R')] })
  t.notOk(linkIds(ask([withdrawn, all])).includes('oc.diagnosis'))
  t.ok(linkIds(ask([withdrawn, { ...all, replaces: withdrawn.id }])).includes('oc.diagnosis'))
  const notBegun = { ...all, id: as<ConsentId>('c3'), replaces: withdrawn.id, period: { start: 600, end: 1000 } }
  t.notOk(linkIds(ask([withdrawn, all, notBegun])).includes('oc.diagnosis'), 'the new one has not begun')
  const elsewhere = { ...all, id: as<ConsentId>('c4'), replaces: withdrawn.id, case: as<CaseId>('other') }
  t.notOk(linkIds(ask([withdrawn, all, elsewhere])).includes('oc.diagnosis'), 'named from another case')
  t.ok(linkIds(ask([withdrawn, all], { at: 950 })).length === 0, 'and both end with their periods')
})

t.test('a deny reaches its own recipient, purpose and period only', async t => {
  const all = giving({ labels: [level('R')], purposes: ['support-consideration', 'plan-support'], actors: [ohp, hr] })
  const deny: Partial<Provision> = { type: 'deny', labels: [ofClass('diagnosis')], period: { start: 200, end: 600 } }
  const consents = [all, { ...giving(deny), id: as<ConsentId>('c2') }]
  const sees = (change: Partial<ReleaseQuestion>) => linkIds(ask(consents, change)).includes('oc.diagnosis')
  t.notOk(sees({}))
  t.ok(sees({ recipient: { ...question.recipient, party: hr } }))
  t.ok(sees({ purpose: 'plan-support' }))
  t.strictSame(
    [199, 200, 599, 600].map(at => sees({ at })),
    [true, false, false, true]
  )
  const itself = { ...giving(deny), id: as<ConsentId>('c2'), replaces: as<ConsentId>('c2') }
  t.notOk(linkIds(ask([all, itself])).includes('oc.diagnosis'), 'and no consent replaces itself')
})

t.test('silence once promised is kept, but what must stay in every view is only marked', async t => {
  const only = { labels: [ofItem('oc.symptoms')] }
  const silent = ask([giving({ ...only, withholding: 'silent' }), { ...giving(only), id: as<ConsentId>('c2') }])
  t.strictSame(silent.outcome === 'permit' && silent.withheld.map(each => `${each.place.linkId} ${each.as}`), [
    'oc.canWork marked',
    'oc.diagnosis silent',
    'oc.measures silent',
    'oc.period.start silent'
  ])
  const deny: Partial<Provision> = { type: 'deny', labels: [ofClass('diagnosis')], withholding: 'silent' }
  const one = ask([giving(only, deny)])
  t.strictSame(one.outcome === 'permit' && one.withheld.map(each => each.as), ['marked', 'silent', 'marked', 'marked'])
})

t.test('names each consent that a disclosure rests on, and no other', async t => {
  const id = (text: string) => as<ConsentId>(text)
  const decision = ask([
    { ...giving({ labels: [ofClass('symptom')] }), id: id('c9') },
    { ...giving({ labels: [ofClass('symptom'), ofClass('diagnosis')] }), id: id('c3') },
    { ...giving({ labels: [ofClass('medication')] }), id: id('c4') },
    { ...giving({ labels: [ofClass('treatment')], actors: [hr] }), id: id('c5') }
  ])
  t.strictSame(decision.consents, ['c3', 'c9'])
})

// Properties: over consents of every sort, most of them irrelevant to the question in some way.

const some = <T>(one: T, other: T) => fc.constantFrom<readonly T[]>([one], [one, other], [one, other], [other])
const anyPeriod = fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 2, max: 15 })).map(([start, length]) => ({
  start: start * 100,
  end: (start + length) * 100
}))
const labels = [
  ...['work-fitness', 'diagnosis', 'symptom', 'work-restriction'].map(ofClass),
  ...units.map(({ linkId }) => ofItem(linkId)),
  ...['N', 'R', 'V'].map(level)
]
const anyProvision = fc.record({
  type: fc.constantFrom('permit', 'permit', 'deny'),
  period: anyPeriod,
  kinds: some<Provision['kinds'][number]>('opinion-continuation', 'opinion-return'),
  actors: some(ohp, hr),
  purposes: some<Provision['purposes'][number]>('support-consideration', 'billing-provision'),
  labels: fc.subarray(labels),
  withholding: fc.constantFrom('marked', 'silent')
})
const ids = ['c1', 'c2', 'c3', 'c4', 'c5'].map(id => as<ConsentId>(id))
const anyConsent = fc.record({
  id: fc.constantFrom(...ids),
  case: fc.constantFrom(question.case, question.case, question.case, as<CaseId>('other')),
  type: fc.constantFrom('release', 'release', 'release', 'custody'),
  status: fc.constantFrom('active', 'active', 'inactive'),
  discloser: fc.constantFrom(hospital, hospital, employer),
  period: anyPeriod,
  provisions: fc.array(anyProvision, { minLength: 1, maxLength: 4 }),
  replaces: fc.option(fc.constantFrom(...ids), { nil: undefined, freq: 1 }),
  endedAt: fc.option(fc.integer({ min: 0, max: 3000 }), { nil: undefined, freq: 1 })
}) as fc.Arbitrary<ConsentFacts>
const anyConsents = fc.uniqueArray(anyConsent, { selector: each => each.id, maxLength: 5 })
const anyQuestion = fc.record({
  at: fc.integer({ min: 1, max: 12 }).map(hundreds => hundreds * 100),
  purpose: fc.constantFrom('support-consideration', 'billing-provision'),
  recipient: fc.constantFrom(question.recipient, { party: hr, organization: employer, role: 'hr-staff' })
}) as fc.Arbitrary<Partial<ReleaseQuestion>>
const runs = { numRuns: 1000 }

const isSubset = (some: readonly string[], all: readonly string[]) => some.every(each => all.includes(each))

t.test('property: all that is released is named by a permit that runs and fits', async t => {
  let released = 0
  const check = (consents: readonly ConsentFacts[], change: Partial<ReleaseQuestion>) => {
    const asked = { ...question, ...change }
    const decision = decideRelease(asked, consents)
    for (const linkId of linkIds(decision)) {
      released++
      const unit = units.find(each => each.linkId === linkId)
      const ground = consents.some(
        each =>
          each.type === 'release' &&
          each.case === asked.case &&
          each.discloser === asked.discloser &&
          each.status === 'active' &&
          !(each.endedAt !== undefined && each.endedAt <= asked.at) &&
          decision.consents.includes(each.id) &&
          each.provisions.some(
            provision =>
              provision.type === 'permit' &&
              [each.period, provision.period].every(({ start, end }) => asked.at >= start && asked.at < end) &&
              provision.kinds.includes(opinion.code) &&
              provision.actors.includes(asked.recipient.party) &&
              provision.purposes.includes(asked.purpose) &&
              provision.labels.some(({ code }) => [unit?.class, linkId, 'R', 'V'].includes(code))
          )
      )
      if (!ground) return false
    }
    return decision.outcome === 'deny' || decision.released.length + decision.withheld.length === units.length
  }
  t.doesNotThrow(() => fc.assert(fc.property(anyConsents, anyQuestion, check), runs))
  t.ok(released > 100, 'and often enough something is')
})

t.test('property: fewer permits or more denies never release more', async t => {
  const only = (provisions: readonly Provision[], index: number) => provisions.filter((_, at) => at !== index)
  const removed = fc.property(anyConsents, anyQuestion, fc.nat(), (consents, change, seed) => {
    const permits = consents.flatMap((each, at) =>
      each.provisions.flatMap((provision, index) => (provision.type === 'permit' ? [[at, index] as const] : []))
    )
    const [at, index] = permits[seed % Math.max(permits.length, 1)] ?? [-1, -1]
    const fewer = consents.map((each, n) => (n === at ? { ...each, provisions: only(each.provisions, index) } : each))
    return isSubset(linkIds(ask(fewer, change)), linkIds(ask(consents, change)))
  })
  t.doesNotThrow(() => fc.assert(removed, runs))
  const added = fc.property(anyConsents, anyQuestion, anyProvision, fc.nat(), (consents, change, deny, seed) => {
    const at = seed % Math.max(consents.length, 1)
    const provision = { ...deny, type: 'deny' } as Provision
    const more = consents.map((each, n) => (n === at ? { ...each, provisions: [...each.provisions, provision] } : each))
    return isSubset(linkIds(ask(more, change)), linkIds(ask(consents, change)))
  })
  t.doesNotThrow(() => fc.assert(added, runs))
  const withdrawn = fc.property(anyConsents, anyQuestion, fc.nat(), (consents, change, seed) => {
    const at = seed % Math.max(consents.length, 1)
    const fewer = consents.map((each, n) => (n === at ? ({ ...each, status: 'inactive', endedAt: 0 } as const) : each))
    return isSubset(linkIds(ask(fewer, change)), linkIds(ask(consents, change)))
  })
  t.doesNotThrow(() => fc.assert(withdrawn, runs))
})

t.test('property: the order in which consents come does not matter', async t => {
  const shuffled = anyConsents.chain(consents =>
    fc.tuple(fc.constant(consents), fc.shuffledSubarray(consents, { minLength: consents.length }))
  )
  fc.assert(
    fc.property(shuffled, anyQuestion, ([one, other], change) => {
      t.strictSame(ask(one, change), ask(other, change))
    }),
    { numRuns: 200 }
  )
})

t.test('property: a denied unit stays denied, whatever else is permitted', async t => {
  const deny: ConsentFacts = {
    ...giving({ type: 'deny', labels: [ofClass('diagnosis')], period: { start: 0, end: 2000 } }),
    id: as<ConsentId>('c0'),
    period: { start: 0, end: 2000 }
  }
  const denied = fc.property(anyConsents, anyQuestion, (consents, change) => {
    const asked = { ...change, recipient: question.recipient, purpose: question.purpose }
    return !linkIds(ask([...consents, deny], asked)).includes('oc.diagnosis')
  })
  t.doesNotThrow(() => fc.assert(denied, runs))
})

t.test('a kind that no role may see is released to nobody', async t => {
  const hidden: Kind = { ...opinion, views: {} }
  t.equal(reasonOf(ask([consent], { kind: hidden })), 'wrong-recipient')
})
