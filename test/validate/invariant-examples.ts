const ucum = 'http://unitsofmeasure.org'
const period = { start: '2026-09-02', end: '2026-09-01' }
const coding = { coding: [{ code: 'a' }] }
const inExtension = (type: string, value: object) => ({
  resourceType: 'Basic',
  code: coding,
  extension: [{ url: 'http://example.org/x', [`value${type}`]: value }]
})
const timing = (repeat: object) => inExtension('Timing', { repeat })
const trigger = (value: object) => inExtension('TriggerDefinition', value)
const bundle = (members: object) => ({ resourceType: 'Bundle', type: 'collection', ...members })
const document = (members: object) =>
  bundle({
    type: 'document',
    identifier: { system: 'http://example.org', value: '1' },
    timestamp: '2026-09-01T10:00:00Z',
    entry: [{ resource: composition }],
    ...members
  })
const composition = {
  resourceType: 'Composition',
  status: 'final',
  type: coding,
  date: '2026-09-01',
  title: 'A',
  author: [{ reference: 'urn:a' }]
}
const section = (members: object) => ({ ...composition, section: [members] })
const patient = (members: object) => ({ resourceType: 'Patient', ...members })
const contained = (members: object) =>
  patient({
    contained: [{ resourceType: 'Organization', id: 'a', name: 'A', ...members }],
    managingOrganization: { reference: '#a' }
  })
const list = (members: object) => ({ resourceType: 'List', status: 'current', mode: 'snapshot', ...members })
const parameters = (members: object) => ({ resourceType: 'Parameters', parameter: [{ name: 'a', ...members }] })
const item = { reference: 'urn:a' }
const consent = { resourceType: 'Consent', status: 'active', scope: coding, category: [coding] }
const task = (members: object) => ({ resourceType: 'Task', status: 'ready', intent: 'order', ...members })
const observation = (members: object) => ({ resourceType: 'Observation', status: 'final', code: coding, ...members })
const service = (members: object) => ({
  resourceType: 'ServiceRequest',
  status: 'active',
  intent: 'order',
  subject: item,
  ...members
})
const response = (members: object) => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  item: [{ linkId: 'a', ...members }]
})
const auditEvent = (entity: object) => ({
  resourceType: 'AuditEvent',
  type: { code: 'a' },
  recorded: '2026-09-01T10:00:00Z',
  agent: [{ requestor: true }],
  source: { observer: item },
  entity: [entity]
})
const status = (type: string, members: object = {}) => ({
  resourceType: 'SubscriptionStatus',
  type,
  subscription: item,
  ...members
})
const event = { notificationEvent: [{ eventNumber: '1' }] }
const request = { method: 'GET', url: 'a' }
const answer = { status: '200' }

/** By key of the invariant: one resource that breaks it and one that keeps it. */
export const invariantExamples: Readonly<Record<string, readonly [broken: object, kept: object]>> = {
  'age-1': [
    inExtension('Age', { value: -1, code: 'a', system: ucum }),
    inExtension('Age', { value: 1, code: 'a', system: ucum })
  ],
  'att-1': [
    inExtension('Attachment', { data: 'QQ==' }),
    inExtension('Attachment', { data: 'QQ==', contentType: 'text/plain' })
  ],
  'cnt-3': [
    inExtension('Count', { value: 1.5, code: '1', system: ucum }),
    inExtension('Count', { value: 2, code: '1', system: ucum })
  ],
  'cpt-2': [patient({ telecom: [{ value: '03' }] }), patient({ telecom: [{ value: '03', system: 'phone' }] })],
  'dis-1': [inExtension('Distance', { value: 1 }), inExtension('Distance', { value: 1, code: 'm', system: ucum })],
  'drq-1': [
    inExtension('DataRequirement', { type: 'Patient', codeFilter: [{ id: 'a', code: [{ code: 'a' }] }] }),
    inExtension('DataRequirement', { type: 'Patient', codeFilter: [{ path: 'a' }] })
  ],
  'drq-2': [
    inExtension('DataRequirement', { type: 'Patient', dateFilter: [{ path: 'a', searchParam: 'b' }] }),
    inExtension('DataRequirement', { type: 'Patient', dateFilter: [{ searchParam: 'b' }] })
  ],
  'drt-1': [
    inExtension('Duration', { code: 'd', system: ucum }),
    inExtension('Duration', { code: 'd', system: ucum, value: 1 })
  ],
  'exp-1': [
    inExtension('Expression', { language: 'text/fhirpath' }),
    inExtension('Expression', { language: 'text/fhirpath', expression: 'a' })
  ],
  'per-1': [
    inExtension('Period', period),
    inExtension('Period', { start: '2026-09-01T10:00:00+09:00', end: '2026-09-01T02:00:00Z' })
  ],
  'qty-3': [
    inExtension('Quantity', { value: 1, code: 'd' }),
    inExtension('Quantity', { value: 1, code: 'd', system: ucum })
  ],
  'rat-1': [
    inExtension('Ratio', { numerator: { value: 1 } }),
    inExtension('Ratio', { numerator: { value: 1 }, denominator: { value: 2 } })
  ],
  'ref-1': [patient({ managingOrganization: { reference: '#a' } }), contained({})],
  'rng-2': [
    inExtension('Range', { low: { value: 2 }, high: { value: 1 } }),
    inExtension('Range', { low: { value: 1 }, high: { value: 1 } })
  ],
  'tim-1': [timing({ duration: 1 }), timing({ duration: 1, durationUnit: 'd' })],
  'tim-2': [timing({ period: 1 }), timing({ period: 1, periodUnit: 'd' })],
  'tim-4': [timing({ duration: -1, durationUnit: 'd' }), timing({ duration: 0, durationUnit: 'd' })],
  'tim-5': [timing({ period: -1, periodUnit: 'd' }), timing({ period: 0, periodUnit: 'd' })],
  'tim-6': [timing({ periodMax: 1 }), timing({ periodMax: 1, period: 1, periodUnit: 'd' })],
  'tim-7': [timing({ durationMax: 1 }), timing({ durationMax: 1, duration: 1, durationUnit: 'd' })],
  'tim-8': [timing({ countMax: 1 }), timing({ countMax: 1, count: 1 })],
  'tim-9': [timing({ offset: 1, when: ['C'] }), timing({ offset: 1, when: ['MORN'] })],
  'tim-10': [timing({ timeOfDay: ['10:00:00'], when: ['MORN'] }), timing({ timeOfDay: ['10:00:00'] })],
  'trd-1': [
    trigger({ type: 'data-added', data: [{ type: 'Patient' }], timingDate: '2026' }),
    trigger({ type: 'data-added', data: [{ type: 'Patient' }] })
  ],
  'trd-2': [
    trigger({ type: 'periodic', timingDate: '2026', condition: { language: 'text/fhirpath', expression: 'a' } }),
    trigger({
      type: 'data-added',
      data: [{ type: 'Patient' }],
      condition: { language: 'text/fhirpath', expression: 'a' }
    })
  ],
  'trd-3': [trigger({ type: 'named-event' }), trigger({ type: 'named-event', name: 'a' })],
  'bdl-1': [bundle({ total: 1 }), bundle({ type: 'searchset', total: 0 })],
  'bdl-2': [
    bundle({ entry: [{ resource: patient({}), search: { mode: 'match' } }] }),
    bundle({ type: 'searchset', entry: [{ resource: patient({}), search: { mode: 'match' } }] })
  ],
  'bdl-3': [bundle({ entry: [{ request }] }), bundle({ type: 'batch', entry: [{ request }] })],
  'bdl-4': [
    bundle({ entry: [{ response: answer }] }),
    bundle({ type: 'batch-response', entry: [{ response: answer }] })
  ],
  'bdl-5': [bundle({ entry: [{ fullUrl: 'urn:a' }] }), bundle({ entry: [{ resource: patient({}) }] })],
  'bdl-7': [
    bundle({
      entry: [
        { fullUrl: 'urn:a', resource: patient({}) },
        { fullUrl: 'urn:a', resource: patient({}) }
      ]
    }),
    bundle({
      entry: [
        { fullUrl: 'urn:a', resource: patient({}) },
        { fullUrl: 'urn:a', resource: patient({ meta: { versionId: '1' } }) }
      ]
    })
  ],
  'bdl-8': [
    bundle({ entry: [{ fullUrl: 'http://a/Patient/1/_history/1', resource: patient({}) }] }),
    bundle({ entry: [{ fullUrl: 'http://a/Patient/1', resource: patient({}) }] })
  ],
  'bdl-9': [document({ identifier: { value: '1' } }), document({})],
  'bdl-10': [document({ timestamp: undefined }), document({})],
  'bdl-11': [document({ entry: [{ resource: patient({}) }] }), document({})],
  'bdl-12': [
    bundle({ type: 'message', entry: [{ resource: patient({}) }] }),
    bundle({
      type: 'message',
      entry: [{ resource: { resourceType: 'MessageHeader', eventUri: 'urn:a', source: { endpoint: 'urn:b' } } }]
    })
  ],
  'cmp-1': [section({ title: 'A' }), section({ title: 'A', entry: [item] })],
  'cmp-2': [
    section({ entry: [item], emptyReason: coding }),
    section({
      emptyReason: coding,
      text: { status: 'empty', div: '<div xmlns="http://www.w3.org/1999/xhtml">-</div>' }
    })
  ],
  'dom-2': [contained({ contained: [{ resourceType: 'Basic', id: 'b', code: coding }] }), contained({})],
  'dom-3': [
    patient({ contained: [{ resourceType: 'Organization', id: 'a', name: 'A' }] }),
    patient({ contained: [{ resourceType: 'Organization', id: 'a', name: 'A', partOf: { reference: '#' } }] })
  ],
  'dom-4': [contained({ meta: { versionId: '1' } }), contained({ meta: { source: 'urn:a' } })],
  'dom-5': [contained({ meta: { security: [{ code: 'R' }] } }), contained({ meta: { source: 'urn:a' } })],
  'Task:inv-1': [
    task({ authoredOn: '2026-09-02', lastModified: '2026-09-01' }),
    task({ authoredOn: '2026-09-01', lastModified: '2026-09-01' })
  ],
  'obs-3': [
    observation({ referenceRange: [{ appliesTo: [coding] }] }),
    observation({ referenceRange: [{ text: 'a' }] })
  ],
  'obs-6': [
    observation({ valueString: 'a', dataAbsentReason: coding }),
    observation({ dataAbsentReason: coding, component: [{ code: { text: 'b' }, valueString: 'b' }] })
  ],
  'obs-7': [
    observation({ valueString: 'a', component: [{ code: coding }] }),
    observation({ valueString: 'a', component: [{ code: { text: 'b' } }] })
  ],
  'Parameters.parameter:inv-1': [
    parameters({ valueString: 'a', part: [{ name: 'b', valueString: 'c' }] }),
    parameters({ part: [{ name: 'b', valueString: 'c' }] })
  ],
  'lst-1': [list({ entry: [{ item }], emptyReason: coding }), list({ emptyReason: coding })],
  'lst-2': [list({ entry: [{ item, deleted: true }] }), list({ mode: 'changes', entry: [{ item, deleted: true }] })],
  'lst-3': [list({ entry: [{ item, date: '2026' }] }), list({ mode: 'working', entry: [{ item, date: '2026' }] })],
  'org-1': [
    { resourceType: 'Organization', active: true },
    { resourceType: 'Organization', name: 'A' }
  ],
  'org-2': [
    { resourceType: 'Organization', name: 'A', address: [{ use: 'home' }] },
    { resourceType: 'Organization', name: 'A', address: [{ use: 'work' }] }
  ],
  'org-3': [
    { resourceType: 'Organization', name: 'A', telecom: [{ use: 'home' }] },
    { resourceType: 'Organization', name: 'A', telecom: [{ use: 'work' }] }
  ],
  'pat-1': [patient({ contact: [{ gender: 'male' }] }), patient({ contact: [{ name: { text: 'A' } }] })],
  'ppc-1': [consent, { ...consent, policyRule: coding }],
  'prr-1': [service({ orderDetail: [coding] }), service({ orderDetail: [coding], code: coding })],
  'qrs-1': [
    response({ answer: [{ valueString: 'a' }], item: [{ linkId: 'b' }] }),
    response({ item: [{ linkId: 'b' }] })
  ],
  'sev-1': [auditEvent({ name: 'a', query: 'QQ==' }), auditEvent({ query: 'QQ==' })],
  'sqty-1': [inExtension('Range', { low: { value: 1, comparator: '<' } }), inExtension('Range', { low: { value: 1 } })],
  'sst-1': [status('event-notification'), status('event-notification', event)]
}
