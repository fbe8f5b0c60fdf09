import t from 'tap'
import { type ConsentContext, readConsent } from '../../src/consent/read.ts'
import { as, type CaseId, type ConsentId, type OrganizationId, type PartyId } from '../../src/document/ids.ts'
import { Refusal } from '../../src/outcome/refusal.ts'

type Json = Record<string, unknown>

const c = 'https://ryoritsu.example/fhir'
const party = (id: string, organization: string, role: 'ohp' | 'hr-staff' | 'attending-physician') =>
  [as<PartyId>(id), { organization: as<OrganizationId>(organization), role }] as const
const context: ConsentContext = {
  id: as<ConsentId>('new'),
  now: Date.parse('2026-09-01T03:00:00Z'),
  case: as<CaseId>('case'),
  subjectValues: ['worker-own'],
  members: new Map([
    party('doctor', 'hospital', 'attending-physician'),
    party('ohp', 'employer', 'ohp'),
    party('hr', 'employer', 'hr-staff')
  ]),
  operatorParty: as<PartyId>('operator'),
  questions: new Map([
    ['opinion-return', new Set(['or.opinion', 'or.measures'])],
    ['support-plan', new Set(['sp.phase.period'])]
  ]),
  consents: new Set([as<ConsentId>('old')])
}

const subject = { identifier: { system: `${c}/IdSystem/case-subject`, value: 'worker-own' } }
const role = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] }
const actor = (id: string) => ({ role, reference: { reference: `PractitionerRole/${id}` } })
const purpose = (code: string) => ({ system: `${c}/CodeSystem/ryoritsu-purpose`, code })
const label = (code: string) => ({ system: `${c}/CodeSystem/ryoritsu-disclosure-class`, code })
const item = (code: string) => ({ system: `${c}/CodeSystem/item`, code })
const kind = (code: string) => ({ system: `${c}/CodeSystem/document-kind`, code })
const extension = (name: string, value: Json) => ({ url: `${c}/StructureDefinition/${name}`, ...value })

const permit: Json = {
  type: 'permit',
  period: { start: '2026-09-01', end: '2027-03-31' },
  class: [kind('opinion-return')],
  actor: [actor('ohp')],
  purpose: [purpose('support-consideration')],
  securityLabel: [label('work-restriction'), item('or.opinion')],
  extension: [extension('withholding', { valueCode: 'silent' })]
}
const provision: Json = { type: 'deny', period: { start: '2026-09-01', end: '2027-03-31' }, provision: [permit] }
const release: Json = {
  resourceType: 'Consent',
  meta: { profile: ['https://profiles.ihe.net/ITI/PCF/StructureDefinition/IHE.PCF.consentAdvanced'] },
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [{ coding: [{ system: 'http://loinc.org', code: '64292-6' }] }],
  patient: subject,
  dateTime: '2026-09-01T11:59:00+09:00',
  performer: [subject],
  organization: [{ reference: 'Organization/hospital' }],
  sourceAttachment: { contentType: 'text/plain', title: 'release-2026-1' },
  policy: [{ uri: `${c}/policy/ryoritsu-disclosure|1.0` }],
  provision
}
const nested = (change: Json) => ({ ...release, provision: { ...provision, provision: [{ ...permit, ...change }] } })
const root = (change: Json) => ({ ...release, provision: { ...provision, ...change } })
const without = (name: string, { [name]: _, ...rest }: Json = permit) => rest

function refusalOf(resource: unknown, change: Partial<ConsentContext> = {}): Refusal {
  try {
    readConsent(resource, { ...context, ...change })
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('accepted')
}

t.test('reads a release as the facts that decisions go by', async t => {
  const { type, facts, recordedBy } = readConsent(release, context)
  const [start, end] = [Date.parse('2026-08-31T15:00:00Z'), Date.parse('2027-03-31T15:00:00Z')]
  t.equal(type, 'release')
  t.equal(recordedBy, undefined)
  t.strictSame(facts, {
    id: 'new',
    case: 'case',
    type: 'release',
    status: 'active',
    discloser: 'hospital',
    period: { start, end },
    provisions: [
      {
        type: 'permit',
        period: { start, end },
        kinds: ['opinion-return'],
        actors: ['ohp'],
        purposes: ['support-consideration'],
        labels: [label('work-restriction'), item('or.opinion')],
        withholding: 'silent'
      }
    ],
    replaces: undefined,
    endedAt: undefined
  })
})

t.test('dates are whole days in Asia/Tokyo, times are what they are', async t => {
  const periods: readonly (readonly [string, string, string, string])[] = [
    ['2026-09-02', '2026-09-02', '2026-09-01T15:00:00Z', '2026-09-02T15:00:00Z'],
    ['2026-08', '2026-12', '2026-07-31T15:00:00Z', '2026-12-31T15:00:00Z'],
    ['2026', '2026', '2025-12-31T15:00:00Z', '2026-12-31T15:00:00Z'],
    ['2026-09-01T00:00:00Z', '2026-09-01T23:59:59.5+09:00', '2026-09-01T00:00:00Z', '2026-09-01T14:59:59.5Z']
  ]
  for (const [start, end, from, to] of periods) {
    const { facts } = readConsent(nested({ period: { start, end } }), context)
    t.strictSame(facts.provisions[0]?.period, { start: Date.parse(from), end: Date.parse(to) }, `${start} to ${end}`)
  }
})

t.test('what is withheld is marked unless silence is asked for, and denies and levels can be given', async t => {
  const level = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }
  const { facts } = readConsent(
    root({ provision: [without('extension', { ...permit, securityLabel: [level] }), { ...permit, type: 'deny' }] }),
    context
  )
  t.strictSame(
    facts.provisions.map(each => [each.type, each.withholding, each.labels.map(({ code }) => code)]),
    [
      ['permit', 'marked', ['R']],
      ['deny', 'silent', ['work-restriction', 'or.opinion']]
    ]
  )
})

t.test('a new consent names the one it replaces, and paper the one who recorded it', async t => {
  const replaces = extension('replaces', { valueReference: { reference: 'Consent/old' } })
  const recorded = extension('recorded-by', { valueReference: { reference: 'PractitionerRole/doctor' } })
  const { sourceAttachment: _, ...rest } = release
  const paper = { ...rest, sourceReference: { reference: 'DocumentReference/scan' }, extension: [replaces, recorded] }
  const { facts, recordedBy } = readConsent(paper, context)
  t.equal(facts.replaces, 'old')
  t.equal(recordedBy, 'doctor')
})

t.test('reads custody: to the operator alone, no labels, all kinds', async t => {
  const keeping = {
    type: 'permit',
    period: provision.period,
    actor: [actor('operator')],
    purpose: [purpose('custody')]
  }
  const { type, facts } = readConsent(root({ provision: [keeping] }), context)
  t.equal(type, 'custody')
  t.equal(facts.discloser, undefined)
  t.strictSame(facts.provisions[0]?.kinds, [])
  const wrong: readonly (readonly [string, Json])[] = [
    ['with labels', { ...keeping, securityLabel: [label('diagnosis')] }],
    ['to somebody else', { ...keeping, actor: [actor('hr')] }],
    ['to nobody', without('actor', keeping)],
    ['with a purpose of disclosure', { ...keeping, purpose: [purpose('custody'), purpose('inquiry')] }],
    ['as a deny', { ...keeping, type: 'deny' }]
  ]
  for (const [title, each] of wrong) {
    const refusal = refusalOf(root({ provision: [each] }))
    t.match(refusal.issues, [{ rule: 'profile-consent-custody' }], title)
  }
  const both = refusalOf(root({ provision: [keeping, permit] }))
  t.strictSame([both.key, both.at], ['profile-invalid', ['Consent.provision.provision[1]']], 'together with a release')
})

t.test('refuses a blanket consent: recipient, purpose, kind, items and end are all needed', async t => {
  const nestedAt = 'Consent.provision.provision[0]'
  const cases: readonly (readonly [string, unknown, string])[] = [
    ['recipient', nested({ actor: undefined }), `${nestedAt}.actor`],
    ['recipient', nested({ actor: [] }), `${nestedAt}.actor`],
    ['purpose', nested({ purpose: undefined }), `${nestedAt}.purpose`],
    ['kind', nested({ class: undefined }), `${nestedAt}.class`],
    ['label', nested({ securityLabel: undefined }), `${nestedAt}.securityLabel`],
    ['end', nested({ period: { start: '2026-09-01' } }), `${nestedAt}.period.end`],
    ['end', nested({ period: undefined }), `${nestedAt}.period.end`],
    ['end', root({ period: { start: '2026-09-01' } }), 'Consent.provision.period.end'],
    ['provision', root({ provision: undefined }), 'Consent.provision.provision'],
    ['provision', { ...release, provision: { type: 'deny', period: provision.period } }, 'Consent.provision.provision']
  ]
  for (const [what, resource, at] of cases) {
    const { key, issues } = refusalOf(JSON.parse(JSON.stringify(resource)))
    t.equal(key, 'consent-blanket', `${what} at ${at}`)
    t.strictSame(
      issues.map(each => [each.rule, each.expression, each.code]),
      [[`profile-consent-${what}-missing`, at, 'business-rule']]
    )
  }
})

t.test('refuses a period that does not hold', async t => {
  const periods: readonly (readonly [string, Json])[] = [
    ['no start', { end: '2027-03-31' }],
    ['end before start', { start: '2027-03-31', end: '2027-03-30' }],
    ['start equals end', { start: '2027-03-31T00:00:00Z', end: '2027-03-31T00:00:00Z' }],
    ['over', { start: '2026-08-01', end: '2026-08-31' }],
    ['over at this very moment', { start: '2026-08-01', end: '2026-09-01T12:00:00+09:00' }],
    ['no day of the calendar', { start: '2026-09-01', end: '2027-02-29' }],
    ['no date', { start: '2026-09-01', end: 'next year' }],
    ['a time without zone', { start: '2026-09-01', end: '2027-03-31T00:00:00' }],
    ['a number', { start: '2026-09-01', end: 20270331 }]
  ]
  for (const [title, period] of periods) {
    for (const [resource, at] of [
      [nested({ period }), 'Consent.provision.provision[0].period'],
      [root({ period }), 'Consent.provision.period']
    ] as const) {
      const { key, issues } = refusalOf(resource)
      t.equal(key, 'consent-period', title)
      t.strictSame(
        issues.map(({ expression }) => expression),
        [at]
      )
    }
  }
  const apart = nested({ period: { start: '2027-04-01', end: '2027-05-01' } })
  t.equal(refusalOf(apart).key, 'consent-period', 'outside the period of the whole consent')
})

t.test('refuses a recipient that is no role of this case', async t => {
  for (const reference of [
    'PractitionerRole/stranger',
    'Organization/employer',
    `${c}/PractitionerRole/ohp`,
    'ohp',
    7
  ]) {
    const { key, issues } = refusalOf(nested({ actor: [actor('ohp'), { role, reference: { reference } }] }))
    t.equal(key, 'recipient-unknown', String(reference))
    t.equal(issues.length, 1)
  }
})

t.test('refuses whatever else breaks the profile, at its place', async t => {
  const at = 'Consent.provision.provision[0]'
  const recordedBy = (id: string) => [
    extension('recorded-by', { valueReference: { reference: `PractitionerRole/${id}` } })
  ]
  const cases: readonly (readonly [string, unknown, string])[] = [
    ['status', { ...release, status: 'draft' }, 'Consent.status'],
    ['scope', { ...release, scope: { coding: [{ code: 'patient-privacy' }] } }, 'Consent.scope'],
    ['category', { ...release, category: [] }, 'Consent.category'],
    ['subject', { ...release, patient: { reference: 'Patient/1' } }, 'Consent.patient'],
    [
      'subject',
      { ...release, patient: { identifier: { ...subject.identifier, value: 'somebody' } } },
      'Consent.patient'
    ],
    ['subject', { ...release, performer: [] }, 'Consent.performer'],
    ['subject', { ...release, performer: [subject, { reference: 'Patient/1' }] }, 'Consent.performer'],
    ['time', { ...release, dateTime: undefined }, 'Consent.dateTime'],
    ['organization', { ...release, organization: [{ reference: 'Organization/elsewhere' }] }, 'Consent.organization'],
    ['organization', { ...release, organization: [] }, 'Consent.organization'],
    [
      'organization',
      { ...release, organization: [{ reference: 'Organization/hospital' }, { reference: 'Organization/employer' }] },
      'Consent.organization'
    ],
    ['source', { ...release, sourceAttachment: { contentType: 'text/plain' } }, 'Consent.source'],
    ['source', { ...release, sourceReference: { reference: 'DocumentReference/1' } }, 'Consent.source'],
    ['policy', { ...release, policy: [{ uri: 'https://elsewhere.example/policy' }] }, 'Consent.policy'],
    ['root', root({ type: 'permit' }), 'Consent.provision.type'],
    ['type', nested({ type: 'maybe' }), `${at}.type`],
    ['actor', nested({ actor: [{ ...actor('ohp'), role: { coding: [] } }] }), `${at}.actor[0].role`],
    ['kind', nested({ class: [kind('opinion-return'), kind('diary')] }), `${at}.class[1]`],
    ['kind', nested({ class: [kind('opinion-return'), { code: 'opinion-return' }] }), `${at}.class[1]`],
    ['purpose', nested({ purpose: [purpose('curiosity')] }), `${at}.purpose[0]`],
    ['label', nested({ securityLabel: [label('diagnosiss')] }), `${at}.securityLabel[0]`],
    ['label', nested({ securityLabel: [item('sp.phase.period')] }), `${at}.securityLabel[0]`],
    ['label', nested({ securityLabel: [{ system: 'http://loinc.org', code: 'R' }] }), `${at}.securityLabel[0]`],
    ['label', nested({ securityLabel: [label('symptom'), { code: 'symptom' }] }), `${at}.securityLabel[1]`],
    ['withholding', nested({ extension: [extension('withholding', { valueCode: 'hidden' })] }), `${at}.extension[0]`],
    ['structure', nested({ extension: extension('withholding', { valueCode: 'silent' }) }), `${at}.extension`],
    ['recorded-by', { ...release, extension: recordedBy('hr') }, 'Consent.extension[0]'],
    ['recorded-by', { ...release, extension: recordedBy('stranger') }, 'Consent.extension[0]'],
    [
      'replaces',
      { ...release, extension: [extension('replaces', { valueReference: { reference: 'Consent/unknown' } })] },
      'Consent.extension[0]'
    ]
  ]
  for (const [what, resource, place] of cases) {
    const { key, issues } = refusalOf(resource)
    t.equal(key, 'profile-invalid', `${what} at ${place}`)
    t.strictSame(
      issues.map(each => [each.rule, each.expression]),
      [[`profile-consent-${what}`, place]]
    )
  }
})

t.test('refuses every element that would not be obeyed, since a consent means all it says', async t => {
  const at = 'Consent.provision.provision[0]'
  const cases: readonly (readonly [unknown, string])[] = [
    [{ ...release, modifierExtension: [] }, 'Consent.modifierExtension'],
    [{ ...release, implicitRules: 'x' }, 'Consent.implicitRules'],
    [{ ...release, verification: [] }, 'Consent.verification'],
    [{ ...release, policyRule: {} }, 'Consent.policyRule'],
    [{ ...release, 胃がん: 1 }, 'Consent'],
    ...['class', 'code', 'action', 'actor', 'purpose', 'securityLabel', 'dataPeriod', 'data'].map(
      name => [root({ [name]: [] }), `Consent.provision.${name}`] as const
    ),
    ...['code', 'action', 'dataPeriod', 'data', 'provision', 'modifierExtension'].map(
      name => [nested({ [name]: [] }), `${at}.${name}`] as const
    ),
    [nested({ actor: [{ ...actor('ohp'), modifierExtension: [] }] }), `${at}.actor[0].modifierExtension`]
  ]
  for (const [resource, place] of cases) {
    const { key, issues } = refusalOf(resource)
    t.equal(key, 'profile-invalid', place)
    t.strictSame(
      issues.map(each => [each.rule, each.expression]),
      [['profile-consent-element', place]]
    )
  }
})

t.test('a paper consent of the employer that names the employer itself is refused', async t => {
  const recorded = [extension('recorded-by', { valueReference: { reference: 'PractitionerRole/hr' } })]
  const own = { ...release, organization: [{ reference: 'Organization/employer' }], extension: recorded }
  t.match(refusalOf(own).issues, [{ rule: 'profile-consent-recorded-by' }])
})

t.test('tells everything that is wrong at once, and is called after the worst of it', async t => {
  const { key, issues, at } = refusalOf({
    ...nested({ purpose: [], actor: [actor('stranger')], period: { start: '2026-09-01', end: '2026-08-01' } }),
    status: 'inactive'
  })
  t.equal(key, 'consent-blanket')
  t.strictSame(
    issues.map(({ rule }) => rule.replace('profile-consent-', '')),
    ['status', 'period', 'purpose-missing', 'recipient']
  )
  t.strictSame(
    at,
    issues.map(({ expression }) => expression)
  )
  t.ok(issues.every(each => each.severity === 'error' && each.text.ja && each.text.en && each.fix?.ja))
})

t.test('whatever stands in place of a Consent is refused, never a defect of ours', async t => {
  for (const value of [null, undefined, 7, 'Consent', [], {}, { resourceType: 'Patient' }]) {
    t.equal(refusalOf(value).key, 'resource-type')
  }
  t.equal(refusalOf({ resourceType: 'Consent' }).key, 'consent-blanket')
  const junk = [null, 7, 'x', [], {}, [null], [7], [[]], [{}], { coding: 7 }, { coding: [null] }]
  for (const name of Object.keys(release).filter(each => each !== 'resourceType' && each !== 'meta')) {
    for (const value of junk) t.ok(refusalOf({ ...release, [name]: value }), `${name} ${JSON.stringify(value)}`)
  }
  for (const name of Object.keys(permit).filter(each => each !== 'extension')) {
    for (const value of junk) t.ok(refusalOf(nested({ [name]: value })), `${name} ${JSON.stringify(value)}`)
  }
  const many = refusalOf(nested({ securityLabel: Array.from({ length: 5000 }, () => label('x')) }))
  t.equal(many.issues.length, 1000)
})
