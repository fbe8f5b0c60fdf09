import { Ajv, type ValidateFunction } from 'ajv'

const text = { type: 'string', minLength: 1 }
const instant = {
  type: 'string',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$'
}
const ref = (name: string) => ({ $ref: `#/definitions/${name}` })
const some = (items: object) => ({ type: 'array', minItems: 1, items })
const closed = (required: readonly string[], properties: object) => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false
})
const resource = (resourceType: string, required: readonly string[], properties: object) =>
  closed(['resourceType', ...required], { resourceType: { const: resourceType }, ...properties })

const definitions = {
  identifier: closed(['system', 'value'], { system: text, value: text }),
  reference: closed([], { reference: text, identifier: ref('identifier'), type: text }),
  coding: closed(['code'], { system: text, code: text, display: text }),
  concept: closed([], { coding: some(ref('coding')), text }),
  extension: closed(['url'], { url: text, valueString: text, valueCode: text }),
  period: closed([], { start: text, end: text }),
  name: closed([], { extension: some(ref('extension')), use: text, text, family: text, given: some(text) }),
  telecom: closed(['value'], { system: text, value: text }),
  address: closed([], { text, city: text, state: text, postalCode: text, country: text }),
  item: closed(['linkId'], { linkId: text, text, answer: some(ref('answer')), item: some(ref('item')) }),
  answer: {
    ...closed([], {
      valueBoolean: { type: 'boolean' },
      valueInteger: { type: 'integer' },
      valueDecimal: { type: 'number' },
      valueString: { type: 'string', pattern: '\\S' },
      valueDate: { type: 'string', pattern: '^\\d{4}(-\\d\\d(-\\d\\d)?)?$' },
      valueTime: { type: 'string', pattern: '^\\d\\d:\\d\\d:\\d\\d$' },
      valueCoding: ref('coding'),
      item: some(ref('item'))
    }),
    minProperties: 1
  },
  section: closed(['title'], { title: text, code: ref('concept'), entry: some(ref('reference')) }),
  composition: resource('Composition', ['status', 'type', 'date', 'author', 'title'], {
    extension: some(ref('extension')),
    identifier: ref('identifier'),
    status: { enum: ['final'] },
    type: ref('concept'),
    subject: ref('reference'),
    date: instant,
    author: some(ref('reference')),
    title: text,
    attester: some(closed(['mode'], { mode: text, time: instant, party: ref('reference') })),
    custodian: ref('reference'),
    event: some(closed([], { code: some(ref('concept')), period: ref('period'), detail: some(ref('reference')) })),
    section: some(ref('section'))
  }),
  response: resource('QuestionnaireResponse', ['questionnaire', 'status', 'subject', 'authored', 'item'], {
    questionnaire: text,
    status: { enum: ['completed', 'amended'] },
    subject: ref('reference'),
    authored: instant,
    author: ref('reference'),
    item: some(ref('item'))
  }),
  patient: resource('Patient', ['identifier', 'name'], {
    identifier: some(ref('identifier')),
    name: some(ref('name')),
    telecom: some(ref('telecom')),
    gender: { enum: ['male', 'female', 'other', 'unknown'] },
    birthDate: text,
    address: some(ref('address'))
  }),
  practitioner: resource('Practitioner', ['name'], {
    name: some(ref('name')),
    qualification: some(closed(['code'], { identifier: some(ref('identifier')), code: ref('concept') }))
  }),
  organization: resource('Organization', ['name'], {
    identifier: some(ref('identifier')),
    name: text,
    telecom: some(ref('telecom')),
    address: some(ref('address')),
    partOf: ref('reference')
  })
}

const resources = {
  type: 'object',
  required: ['resourceType'],
  discriminator: { propertyName: 'resourceType' },
  oneOf: ['composition', 'response', 'patient', 'practitioner', 'organization'].map(ref)
}

/** A closed schema of just what these documents may hold: tighter and cheaper than that of all of FHIR. */
export function bundleSchema(): ValidateFunction {
  const bundle = resource('Bundle', ['type', 'timestamp', 'identifier', 'entry', 'signature'], {
    meta: closed([], { profile: some(text) }),
    type: { const: 'document' },
    timestamp: instant,
    identifier: ref('identifier'),
    entry: some(closed(['fullUrl', 'resource'], { fullUrl: text, resource: resources })),
    signature: closed(['type', 'when', 'who', 'data'], {
      type: some(ref('coding')),
      when: instant,
      who: ref('reference'),
      targetFormat: text,
      sigFormat: text,
      data: text
    })
  })
  return new Ajv({ strict: false, discriminator: true }).compile({ ...bundle, definitions })
}
