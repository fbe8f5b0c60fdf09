import { isDeepStrictEqual } from 'node:util'
import type { AuditEvent, AuditEventAgent } from '@medplum/fhirtypes'
import fc from 'fast-check'
import t from 'tap'
import { actTable } from '../../src/audit/acts.ts'
import type { Recipient } from '../../src/audit/agent.ts'
import { compose, type Facts } from '../../src/audit/compose.ts'
import type { Entity } from '../../src/audit/entity.ts'
import { type Act, acts } from '../../src/document/audit-record.ts'
import type { Caller } from '../../src/document/caller.ts'
import { as } from '../../src/document/ids.ts'
import { balpUrl, checkBase, problemsWith } from './balp.ts'

const caller: Caller = {
  client: as('hr-1'),
  clientRole: 'employer-hr',
  side: 'employer',
  party: as('party-hr'),
  organization: as('org-employer'),
  organizationIdentifier: { system: 'urn:oid:1.3.188', value: '8999999999901' },
  role: 'hr-staff',
  purpose: 'support-consideration',
  person: { id: 'S-12', name: '架空 人事' },
  scopes: new Set(['system/DocumentReference.rs']),
  token: 'jti-1',
  address: '192.0.2.7'
}
const worker: Caller = {
  ...caller,
  clientRole: 'worker',
  side: 'worker',
  role: 'worker',
  person: { id: 'SECRET-W-1', name: '秘密 花子' }
}
const recipient: Recipient = {
  client: as('ohp-1'),
  party: as('party-ohp'),
  organization: as('org-employer'),
  role: 'ohp',
  purpose: 'inquiry',
  address: 'hooks.example.org'
}
const digest = 'A'.repeat(43)
const everything: readonly Entity[] = [
  {
    of: 'document',
    reference: 'DocumentReference/view-1',
    digest,
    kind: 'opinion-return',
    labels: [{ system: 'https://ryoritsu.example/fhir/CodeSystem/ryoritsu-disclosure-class', code: 'work-restriction' }]
  },
  { of: 'consent', reference: 'Consent/consent-1' },
  { of: 'consent', reference: 'Consent/consent-2' },
  { of: 'case', reference: 'EpisodeOfCare/case-1' },
  { of: 'query', raw: 'GET /fhir/DocumentReference?status=current' },
  { of: 'partner', client: as('hr-1') },
  { of: 'token', jti: 'jti-2' },
  { of: 'key', kid: 'key-1', purpose: 'receipt' },
  { of: 'count', count: 12 }
]

/** An act as it mostly comes: somebody known did it in a case, and it went well. */
const facts: Facts = {
  id: as('audit-1'),
  at: Date.UTC(2026, 8, 1, 1, 2, 3, 4),
  request: as('request-1'),
  caller,
  gateway: { name: 'gateway-1', address: 'gateway.example' },
  outcome: '0',
  case: { id: as('case-1'), identifier: 'CASE-IDENTIFIER' },
  document: as('document-1'),
  organizations: [as('org-employer'), as('org-hospital')],
  entities: everything
}
/** Only what the act is about; an event of BALP has one such entity. */
const factsOf = (act: Act, changed: Partial<Facts> = {}): Facts => {
  const kinds: readonly string[] = actTable[act].subjects
  const entities = everything.filter(({ of }) => of === kinds[0] || of === 'consent' || of === 'count')
  return { ...facts, entities, ...changed }
}
const eventOf = (act: Act, changed: Partial<Facts> = {}) => compose(act, factsOf(act, changed)).event
const agent = (event: AuditEvent, code: string): AuditEventAgent | undefined =>
  event.agent.find(({ type }) => type?.coding?.some(coding => coding.code === code))
const codes = (codings: AuditEvent['subtype']) => codings?.map(({ code }) => code)

t.test('each act is a valid AuditEvent of R4 and names itself, whoever did it and however it ended', async t => {
  const variants: Readonly<Record<string, Partial<Facts>>> = {
    known: {},
    'without person': { caller: { ...caller, person: undefined, purpose: undefined } },
    worker: { caller: worker },
    'told to a recipient': { recipient },
    stranger: { caller: undefined, address: '2001:db8::1' },
    'network of strangers': { caller: undefined, address: '192.0.2.0/24', outcome: '4', reason: 'rate-limited' },
    'by the clock': { caller: undefined },
    'without case': { case: undefined, document: undefined },
    'about everything': { entities: everything },
    'about nothing': { entities: [] },
    refused: { outcome: '4', reason: 'no-release', attempted: 'document-disclose' },
    failed: { outcome: '8', reason: 'defect' }
  }
  for (const act of acts) {
    for (const [title, changed] of Object.entries(variants)) {
      const event = eventOf(act, changed)
      t.doesNotThrow(() => checkBase(event), `${act}: ${title}`)
      const own = event.subtype?.filter(({ system }) => system === 'https://ryoritsu.example/fhir/CodeSystem/act')
      t.same(codes(own), [act])
      t.equal(event.agent.filter(({ requestor }) => requestor).length, 1, 'one asked for it')
    }
  }
})

t.test('each act that has a BALP profile conforms to it and says so', async t => {
  for (const act of acts) {
    const { profile } = actTable[act]
    if (profile === undefined || profile === 'AuthZconsent') {
      t.equal(eventOf(act).meta, undefined, `${act} claims nothing`)
      continue
    }
    const parties: Readonly<Record<string, Partial<Facts>>> = {
      caller: {},
      worker: { caller: worker },
      'recipient or clock': act === 'notify' ? { recipient } : { caller: undefined }
    }
    for (const [title, changed] of Object.entries(parties)) {
      const event = eventOf(act, changed)
      t.same(event.meta?.profile, [balpUrl(profile)])
      t.same(problemsWith(event, profile), [], `${act}: ${title}`)
    }
    if (profile !== 'PrivacyDisclosure.Source') {
      const bare = profile.slice('Patient'.length)
      const event = eventOf(act, { case: undefined })
      t.same(event.meta?.profile, [balpUrl(bare)], `${act} without a case follows ${bare}`)
      t.same(problemsWith(event, bare), [])
    }
  }
})

t.test('an event claims no profile where it lacks what the profile asks for', async t => {
  t.equal(eventOf('document-deposit', { outcome: '4' }).meta, undefined, 'no success')
  t.equal(eventOf('document-deposit', { entities: [] }).meta, undefined, 'nothing deposited')
  t.equal(eventOf('document-deposit', { caller: undefined, address: '192.0.2.1' }).meta, undefined, 'by a stranger')
  t.equal(eventOf('notify', { recipient: { ...recipient, address: undefined } }).meta, undefined, 'to no address')
  t.equal(eventOf('document-disclose', { case: undefined }).meta, undefined, 'of no case')
})

t.test('a decision has the shape of AuthZconsent, all but the subtype that names the act', async t => {
  for (const changed of [{}, { recipient }, { outcome: '4', reason: 'withdrawn' }] as const) {
    const event = compose('decide', { ...facts, ...changed }).event
    t.same(problemsWith(event, 'AuthZconsent'), ['subtype: binding'])
    t.same(agent(event, 'authserver')?.who, event.source.observer)
  }
  const denied = compose('decide', { ...facts, outcome: '4', reason: 'withdrawn' }).event
  t.equal(denied.outcome, '4')
  t.equal(denied.outcomeDesc, 'withdrawn')
  t.same(
    denied.entity?.map(({ type, what }) => [type?.code, what?.reference ?? what?.identifier?.value]),
    [
      ['1', 'CASE-IDENTIFIER'],
      ['Consent', 'Consent/consent-1'],
      ['Consent', 'Consent/consent-2'],
      ['UserOauthAgent', 'jti-1']
    ],
    'the entities are closed'
  )
  t.same(
    denied.entity?.[0]?.detail?.map(({ type, valueString }) => `${type}=${valueString}`),
    [
      'x-request-id=request-1',
      'document=DocumentReference/view-1',
      'document-kind=opinion-return',
      `hmac-sha256=${digest}`,
      'released=https://ryoritsu.example/fhir/CodeSystem/ryoritsu-disclosure-class|work-restriction'
    ],
    'so document, request and labels stand beside the patient'
  )
  const about = compose('decide', { ...facts, caller: worker, recipient }).event
  t.equal(agent(about, 'IRCP')?.who?.reference, 'PractitionerRole/party-ohp', 'it is about the recipient')
  t.same(
    about.entity?.map(({ type }) => type?.code),
    ['1', 'Consent', 'Consent'],
    'and not about the token of who asked'
  )
})

t.test('a disclosure says what went to whom, for what, under which consents', async t => {
  const { event, ...record } = compose('document-disclose', factsOf('document-disclose'))
  t.same(record, {
    id: 'audit-1',
    at: facts.at,
    act: 'document-disclose',
    outcome: '0',
    document: 'document-1',
    case: 'case-1',
    organizations: ['org-employer', 'org-hospital']
  })
  t.same(event, {
    resourceType: 'AuditEvent',
    id: 'audit-1',
    meta: { profile: [balpUrl('PrivacyDisclosure.Source')] },
    type: { system: 'http://dicom.nema.org/resources/ontology/DCM', code: '110106' },
    subtype: [
      { system: 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle', code: 'disclose' },
      { system: 'https://ryoritsu.example/fhir/CodeSystem/act', code: 'document-disclose' }
    ],
    action: 'R',
    recorded: '2026-09-01T01:02:03.004Z',
    outcome: '0',
    purposeOfEvent: [
      {
        coding: [{ system: 'https://ryoritsu.example/fhir/CodeSystem/ryoritsu-purpose', code: 'support-consideration' }]
      }
    ],
    agent: [
      {
        type: { coding: [{ system: 'http://dicom.nema.org/resources/ontology/DCM', code: '110152' }] },
        who: { type: 'Device', identifier: { system: 'https://ryoritsu.example/fhir/IdSystem/client', value: 'hr-1' } },
        requestor: false,
        network: { address: '192.0.2.7', type: '2' }
      },
      {
        type: {
          coding: [
            { system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' },
            { system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes', code: 'UserOauthAgent' }
          ]
        },
        role: [{ coding: [{ system: 'https://ryoritsu.example/fhir/CodeSystem/ryoritsu-role', code: 'hr-staff' }] }],
        who: {
          reference: 'PractitionerRole/party-hr',
          type: 'PractitionerRole',
          identifier: { system: 'https://ryoritsu.example/fhir/IdSystem/person', value: 'S-12' }
        },
        name: '架空 人事',
        requestor: true,
        policy: ['urn:ietf:params:oauth:jti:jti-1'],
        purposeOfUse: [
          {
            coding: [
              { system: 'https://ryoritsu.example/fhir/CodeSystem/ryoritsu-purpose', code: 'support-consideration' }
            ]
          }
        ]
      },
      {
        type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'RESP' }] },
        who: { reference: 'Organization/org-employer', type: 'Organization' },
        requestor: false
      },
      {
        type: { coding: [{ system: 'http://dicom.nema.org/resources/ontology/DCM', code: '110153' }] },
        who: {
          type: 'Device',
          identifier: { system: 'https://ryoritsu.example/fhir/IdSystem/gateway', value: 'gateway-1' }
        },
        requestor: false,
        network: { address: 'gateway.example', type: '1' }
      }
    ],
    source: {
      observer: {
        type: 'Device',
        identifier: { system: 'https://ryoritsu.example/fhir/IdSystem/gateway', value: 'gateway-1' }
      },
      type: [{ system: 'http://terminology.hl7.org/CodeSystem/security-source-type', code: '4' }]
    },
    entity: [
      {
        what: {
          type: 'Patient',
          identifier: { system: 'https://ryoritsu.example/fhir/IdSystem/case', value: 'CASE-IDENTIFIER' }
        },
        type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '1' },
        role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '1' }
      },
      {
        what: { reference: 'DocumentReference/view-1', type: 'DocumentReference' },
        type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '2' },
        role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '3' },
        detail: [
          { type: 'document-kind', valueString: 'opinion-return' },
          { type: 'hmac-sha256', valueString: digest },
          {
            type: 'released',
            valueString: 'https://ryoritsu.example/fhir/CodeSystem/ryoritsu-disclosure-class|work-restriction'
          }
        ]
      },
      ...['consent-1', 'consent-2'].map(id => ({
        what: { reference: `Consent/${id}`, type: 'Consent' },
        type: { system: 'http://hl7.org/fhir/resource-types', code: 'Consent' },
        role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '4' }
      })),
      {
        type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '4' },
        detail: [{ type: 'count', valueString: '12' }]
      },
      {
        what: { identifier: { value: 'request-1' } },
        type: { system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType', code: 'XrequestId' }
      }
    ]
  })
})

t.test('the token shows by its jti wherever somebody called', async t => {
  for (const act of acts) {
    const event = compose(act, { ...facts, caller: { ...caller, person: undefined } }).event
    t.same(problemsWith(event, 'OAUTHaccessTokenUse.Minimal'), [], act)
    t.same(agent(event, 'UserOauthAgent')?.policy, ['urn:ietf:params:oauth:jti:jti-1'])
  }
})

t.test('a search keeps its question, a refusal what it refused, a count its number', async t => {
  const { query = '' } = eventOf('document-search').entity!.find(entity => entity.query !== undefined)!
  t.equal(Buffer.from(query, 'base64').toString(), 'GET /fhir/DocumentReference?status=current')
  const refused = eventOf('refuse', {
    outcome: '4',
    reason: 'form-invalid',
    attempted: 'document-deposit',
    entities: []
  })
  t.same(refused.entity?.at(-1)?.detail, [{ type: 'attempted', valueString: 'document-deposit' }])
  t.equal(refused.outcomeDesc, 'form-invalid')
  const many = eventOf('refuse-many', { caller: undefined, address: '192.0.2.0/24', case: undefined, outcome: '4' })
  t.same(many.entity?.find(({ type }) => type?.code === '4')?.detail, [{ type: 'count', valueString: '12' }])
  t.same(many.agent[0]?.network, { address: '192.0.2.0/24' })
  t.equal(many.agent[0]?.who, undefined)
  const pushed = eventOf('notify', { recipient: { ...recipient, address: 'https://hooks.example.org/' } })
  t.same(pushed.agent[0]?.network, { address: 'https://hooks.example.org/', type: '5' })
  t.equal(agent(pushed, '110153')?.requestor, true, 'the gateway tells of its own accord')
})

t.test('the codes of acts that BALP does not know are those of DICOM and IHE', async t => {
  const typed = (act: Act) => [eventOf(act).type.code, ...codes(eventOf(act).subtype)!.slice(0, -1)]
  t.same(typed('token-issue'), ['110114', 'ITI-71'])
  t.same(typed('token-refuse'), ['110114', 'ITI-71'])
  t.same(typed('signature-verify'), ['110007', 'urn:ihe:iti:dsg'])
  t.same(typed('audit-read'), ['110101'])
  t.same(typed('key-rotate'), ['110113', '110129'])
  t.same(typed('partner-change'), ['110113', '110137'])
  t.same(typed('explain'), ['rest', 'operation'])
  t.same(typed('refuse-many'), ['110113'])
})

t.test('neither name nor number of the worker is in a record of the worker', async t => {
  for (const act of acts) {
    const text = JSON.stringify(compose(act, { ...facts, caller: worker }).event)
    t.notMatch(text, /秘密|SECRET/, act)
    t.match(text, /PractitionerRole\/party-hr/)
  }
})

t.test('refuses to take text where a code belongs', async t => {
  const wrong: readonly Partial<Facts>[] = [
    { reason: '胃がん' },
    { reason: 'two words' },
    { reason: '' },
    { entities: [{ of: 'document', reference: 'DocumentReference/1', labels: [{ system: 'urn:x', code: '通院' }] }] },
    { entities: [{ of: 'document', reference: 'DocumentReference/1', digest: 'a b' }] },
    { entities: [{ of: 'document', reference: 'https://elsewhere.example/DocumentReference/1' }] },
    { entities: [{ of: 'consent', reference: 'Consent/患者' }] },
    { entities: [{ of: 'token', jti: 'a b' }] },
    { entities: [{ of: 'key', kid: 'k', purpose: 'for all' }] },
    { case: { id: as('case-1'), identifier: '山田' } }
  ]
  for (const changed of wrong) {
    t.throws(() => compose('document-disclose', { ...facts, ...changed }), TypeError, JSON.stringify(changed))
  }
})

t.test('the check behind these tests sees what is wrong inside a slice', async t => {
  const event = eventOf('document-deposit')
  const problems = (changed: Partial<AuditEvent>) => problemsWith({ ...event, ...changed }, 'PatientCreate')
  t.same(problems({}), [])
  const [client, ...agents] = event.agent
  const { who, ...nameless } = client!
  t.match(problems({ agent: [nameless, ...agents] }), ['AuditEvent.agent:client.who: 0'])
  t.match(problems({ agent: agents }), [/client/], 'by Medplum')
  const patient = event.entity![0]!
  const another = { ...patient, role: { ...patient.role, code: '2' } }
  t.match(problems({ entity: [another, ...event.entity!.slice(1)] }), ['AuditEvent.entity:patient.role'])
  const data = event.entity!.find(({ type }) => type?.code === '2')!
  const asUser = { ...data, role: { ...data.role, code: '6' } }
  const others = event.entity!.filter(entity => entity !== data)
  t.match(problems({ entity: [asUser, ...others] }), ['AuditEvent.entity:data.role'], 'a required binding')
  const decision = compose('decide', facts).event
  const open = { ...decision, entity: [...decision.entity!, ...event.entity!.slice(-1)] }
  t.match(problemsWith(open, 'AuthZconsent'), ['subtype: binding', 'entity: closed'])
})

/** Whatever the journeys pass, content that hides in members that records do not have must not come through. */
const code = fc.stringMatching(/^[A-Za-z0-9.-]{1,20}$/)
const canary = fc.stringMatching(/^[あ-ん]{4}$/).map(text => `CANARY${text}`)
const anyEntity = fc.oneof(
  fc.record({
    of: fc.constant('document' as const),
    reference: code.map(id => `DocumentReference/${id}`),
    digest: fc.option(code, { nil: undefined }),
    labels: fc.option(fc.array(fc.record({ system: code, code })), { nil: undefined }),
    title: canary
  }),
  fc.record({ of: fc.constantFrom('consent' as const), reference: code.map(id => `Consent/${id}`), text: canary }),
  fc.record({ of: fc.constantFrom('case' as const), reference: code.map(id => `EpisodeOfCare/${id}`), worker: canary }),
  fc.record({ of: fc.constant('query' as const), raw: code }),
  fc.record({ of: fc.constant('partner' as const), client: code.map(as), name: canary }),
  fc.record({ of: fc.constant('token' as const), jti: code }),
  fc.record({ of: fc.constant('key' as const), kid: code, purpose: code, secret: canary }),
  fc.record({ of: fc.constant('count' as const), count: fc.nat() })
)
const anyCaller = fc
  .record({ clientToken: code, who: canary, isNamed: fc.boolean(), hasPurpose: fc.boolean(), address: fc.ipV4() })
  .map(({ clientToken, who, isNamed, hasPurpose, address }) => ({
    ...worker,
    person: isNamed ? { id: who, name: who } : undefined,
    purpose: hasPurpose ? caller.purpose : undefined,
    organizationIdentifier: { system: who, value: who },
    scopes: new Set([who]),
    token: clientToken,
    address
  }))
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const anyFacts = fc.record({
  id: code.map(as),
  at: fc.integer({ min: 0, max: 4e12 }),
  request: code.map(as),
  caller: optional(anyCaller),
  recipient: optional(
    fc.record({ address: optional(fc.domain()), name: canary }).map(part => ({ ...recipient, ...part }))
  ),
  address: optional(fc.ipV6()),
  gateway: fc.constant(facts.gateway),
  outcome: fc.constantFrom('0' as const, '4' as const, '8' as const),
  reason: optional(code),
  attempted: optional(fc.constantFrom(...acts)),
  case: optional(fc.record({ id: code.map(as), identifier: code, workerName: canary })),
  document: optional(code.map(as)),
  organizations: fc.array(code.map(as)),
  entities: fc.array(anyEntity, { maxLength: 5 }),
  answers: canary
}) as fc.Arbitrary<Facts>

t.test('any facts give a valid event without holes and without content, the same each time', async () => {
  fc.assert(
    fc.property(fc.constantFrom(...acts), anyFacts, (act, some) => {
      const { event } = compose(act, some)
      checkBase(event)
      const claimed = event.meta?.profile?.[0]?.split('IHE.BasicAudit.')[1]
      const problems = claimed === undefined ? [] : problemsWith(event, claimed)
      const isRepeatable = isDeepStrictEqual(event, compose(act, some).event)
      return isRepeatable && problems.length === 0 && !hasUndefined(event) && !JSON.stringify(event).includes('CANARY')
    }),
    { numRuns: 200 }
  )
})

function hasUndefined(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === undefined
  return Object.values(value).some(hasUndefined)
}
