import { type Loose, workInformation } from './example.ts'

export const resource = (bundle: Loose, type: string): Loose =>
  bundle.entry.find((entry: Loose) => entry.resource.resourceType === type).resource
export const entry = (bundle: Loose, type: string): Loose =>
  bundle.entry.find((each: Loose) => each.resource.resourceType === type)
export const add = (bundle: Loose, added: Loose, fullUrl = 'urn:uuid:00000000-0000-4000-8000-000000000001') => {
  bundle.entry.push({ fullUrl, resource: added })
  return fullUrl
}
export const other = 'urn:uuid:00000000-0000-4000-8000-00000000000f'

export type Change = (bundle: Loose) => void

/** Gives an entry another fullUrl, in all references to it too. */
function rename(bundle: Loose, index: number, to: (fullUrl: string) => string): void {
  const { fullUrl } = bundle.entry[index]
  Object.assign(bundle, JSON.parse(JSON.stringify(bundle).replaceAll(fullUrl, to(fullUrl))))
}

/** What breaks the profile: what is done to an opinion, and each finding as `rule expression`. */
export const documentChanges: readonly (readonly [name: string, change: Change, ...found: string[]])[] = [
  [
    'another type of Bundle',
    bundle => {
      bundle.type = 'collection'
    },
    'profile-type Bundle.type'
  ],
  [
    'no document identifier',
    bundle => {
      delete bundle.identifier
    },
    'profile-identifier Bundle.identifier'
  ],
  [
    'an identifier of the other side',
    bundle => {
      bundle.identifier.system = workInformation.bundle.identifier!.system
    },
    'profile-identifier Bundle.identifier'
  ],
  [
    'a fullUrl that is no urn:uuid',
    bundle => rename(bundle, 4, () => 'http://example.org/Organization/1'),
    'profile-full-url Bundle.entry[4].fullUrl'
  ],
  [
    'a fullUrl in upper case',
    bundle => rename(bundle, 3, url => url.toUpperCase()),
    'profile-full-url Bundle.entry[3].fullUrl'
  ],
  [
    'no fullUrl',
    bundle => {
      delete bundle.entry[1].fullUrl
    },
    'profile-full-url Bundle.entry[1].fullUrl',
    'profile-section Bundle.entry[0].resource.section[0]',
    'profile-section Bundle.entry[0].resource.section',
    'profile-reference Bundle.entry[0].resource.section[0].entry[0].reference',
    'profile-unreachable Bundle.entry[1]'
  ],
  [
    'two resources of one id',
    bundle => {
      const [one, two] = bundle.entry.filter(({ resource: { resourceType } }: Loose) => resourceType === 'Organization')
      one.resource.id = 'a'
      two.resource.id = 'a'
    },
    'profile-id-clash Bundle.entry[5].resource.id'
  ],
  [
    'a resource of another type',
    bundle => {
      resource(bundle, 'Composition').section[0].entry.push({ reference: add(bundle, { resourceType: 'Observation' }) })
    },
    'profile-entry-type Bundle.entry[6].resource',
    'profile-section Bundle.entry[0].resource.section[0]'
  ],
  [
    'a Binary',
    bundle => {
      resource(bundle, 'Patient').extension = [
        { url: 'urn:a', valueReference: { reference: add(bundle, { resourceType: 'Binary' }) } }
      ]
    },
    'profile-entry-type Bundle.entry[6].resource'
  ],
  [
    'an entry without resource',
    bundle => {
      bundle.entry.push({ fullUrl: other })
    },
    'profile-entry-type Bundle.entry[6].resource',
    'profile-unreachable Bundle.entry[6]'
  ],
  [
    'no response',
    bundle => {
      bundle.entry = bundle.entry.filter(
        ({ resource: { resourceType } }: Loose) => resourceType !== 'QuestionnaireResponse'
      )
    },
    'profile-count Bundle.entry',
    'profile-section Bundle.entry[0].resource.section[0]',
    'profile-section Bundle.entry[0].resource.section',
    'profile-reference Bundle.entry[0].resource.section[0].entry[0].reference'
  ],
  [
    'two Patients',
    bundle => {
      const url = add(bundle, structuredClone(resource(bundle, 'Patient')))
      resource(bundle, 'Patient').link = [{ other: { reference: url }, type: 'seealso' }]
    },
    'profile-count Bundle.entry[6]'
  ],
  [
    'a photo',
    bundle => {
      resource(bundle, 'Practitioner').photo = [{ data: 'QQ==' }]
    },
    'profile-attachment Bundle.entry[3].resource.photo'
  ],
  [
    'an attachment in an extension',
    bundle => {
      resource(bundle, 'Patient').name[0].extension.push({ url: 'urn:a', valueAttachment: { data: 'QQ==' } })
    },
    'profile-attachment Bundle.entry[2].resource.name[0].extension[1].value'
  ],
  [
    'a contained resource',
    bundle => {
      resource(bundle, 'Patient').contained = [{ resourceType: 'Binary' }]
    },
    'profile-attachment Bundle.entry[2].resource.contained'
  ],
  [
    'one in the response',
    bundle => {
      resource(bundle, 'QuestionnaireResponse').contained = [{ resourceType: 'Binary' }]
    },
    'profile-attachment Bundle.entry[1].resource.contained'
  ],
  [
    'a document that is not final',
    bundle => {
      resource(bundle, 'Composition').status = 'preliminary'
    },
    'profile-status Bundle.entry[0].resource.status'
  ],
  [
    'an unknown kind',
    bundle => {
      resource(bundle, 'Composition').type.coding[0].code = 'opinion'
    },
    'profile-kind Bundle.entry[0].resource.type'
  ],
  [
    'a kind that every JavaScript object has',
    bundle => {
      resource(bundle, 'Composition').type.coding[0].code = 'toString'
    },
    'profile-kind Bundle.entry[0].resource.type'
  ],
  [
    'two kinds',
    bundle => {
      const { coding } = resource(bundle, 'Composition').type
      coding.push({ ...coding[0], code: 'support-plan' })
    },
    'profile-kind Bundle.entry[0].resource.type'
  ],
  [
    'a kind of another code system',
    bundle => {
      resource(bundle, 'Composition').type.coding[0].system = 'http://loinc.org'
    },
    'profile-kind Bundle.entry[0].resource.type'
  ],
  [
    'another subject',
    bundle => {
      resource(bundle, 'Composition').subject = { reference: entry(bundle, 'Practitioner').fullUrl }
    },
    'profile-subject Bundle.entry[0].resource.subject'
  ],
  [
    'the Patient alone as author',
    bundle => {
      resource(bundle, 'Composition').author = [{ reference: entry(bundle, 'Patient').fullUrl }]
    },
    'profile-author Bundle.entry[0].resource.author',
    'profile-author Bundle.entry[1].resource.author'
  ],
  [
    'no custodian',
    bundle => {
      delete resource(bundle, 'Composition').custodian
    },
    'profile-custodian Bundle.entry[0].resource.custodian'
  ],
  [
    'no case',
    bundle => {
      delete resource(bundle, 'Composition').event[0].detail
    },
    'profile-case Bundle.entry[0].resource.event'
  ],
  [
    'two cases',
    bundle => {
      const [event] = resource(bundle, 'Composition').event
      event.detail.push(event.detail[0])
    },
    'profile-case Bundle.entry[0].resource.event'
  ],
  [
    'a second section with the response',
    bundle => {
      const { section } = resource(bundle, 'Composition')
      section.push(section[0])
    },
    'profile-section Bundle.entry[0].resource.section'
  ],
  [
    'a section of free text',
    bundle => {
      resource(bundle, 'Composition').section.push({ title: 'A', text: { div: 'a' } })
    },
    'profile-section Bundle.entry[0].resource.section[2]'
  ],
  [
    'a section within a section',
    bundle => {
      resource(bundle, 'Composition').section[0].section = [{ title: 'A' }]
    },
    'profile-section Bundle.entry[0].resource.section[0]'
  ],
  [
    'a relation by reference',
    bundle => {
      resource(bundle, 'Composition').relatesTo = [
        { code: 'replaces', targetReference: { reference: entry(bundle, 'Composition').fullUrl } }
      ]
    },
    'profile-relates-to Bundle.entry[0].resource.relatesTo[0]'
  ],
  [
    'a relation that only the gateway makes',
    bundle => {
      resource(bundle, 'Composition').relatesTo = [
        { code: 'transforms', targetIdentifier: { system: 'a', value: 'b' } }
      ]
    },
    'profile-relates-to Bundle.entry[0].resource.relatesTo[0]'
  ],
  [
    'two documents replaced',
    bundle => {
      resource(bundle, 'Composition').relatesTo = ['1', '2'].map(value => ({
        code: 'replaces',
        targetIdentifier: { system: 'a', value }
      }))
    },
    'profile-relates-to Bundle.entry[0].resource.relatesTo'
  ],
  [
    'answers that are not complete',
    bundle => {
      resource(bundle, 'QuestionnaireResponse').status = 'in-progress'
    },
    'profile-status Bundle.entry[1].resource.status'
  ],
  [
    'a form without version',
    bundle => {
      const response = resource(bundle, 'QuestionnaireResponse')
      response.questionnaire = response.questionnaire.split('|')[0]
    },
    'profile-form-version Bundle.entry[1].resource.questionnaire'
  ],
  [
    'an unknown version',
    bundle => {
      resource(bundle, 'QuestionnaireResponse').questionnaire += '1'
    },
    'profile-form-version Bundle.entry[1].resource.questionnaire'
  ],
  [
    'a view form',
    bundle => {
      const response = resource(bundle, 'QuestionnaireResponse')
      response.questionnaire = response.questionnaire.replace('|', '-processed|')
    },
    'profile-form-version Bundle.entry[1].resource.questionnaire'
  ],
  [
    'the form of another kind',
    bundle => {
      resource(bundle, 'QuestionnaireResponse').questionnaire =
        'https://ryoritsu.example/fhir/Questionnaire/support-plan|2026'
    },
    'profile-form-version Bundle.entry[1].resource.questionnaire'
  ],
  [
    'answers about somebody else',
    bundle => {
      resource(bundle, 'QuestionnaireResponse').subject = { display: 'A' }
    },
    'profile-subject Bundle.entry[1].resource.subject'
  ],
  [
    'no case subject',
    bundle => {
      resource(bundle, 'Patient').identifier.shift()
    },
    'profile-case-subject Bundle.entry[2].resource.identifier'
  ],
  [
    'two case subjects',
    bundle => {
      const { identifier } = resource(bundle, 'Patient')
      identifier.push(identifier[0])
    },
    'profile-case-subject Bundle.entry[2].resource.identifier'
  ],
  [
    'a reference to elsewhere',
    bundle => {
      resource(bundle, 'Patient').generalPractitioner = [{ reference: 'Practitioner/1' }]
    },
    'profile-reference Bundle.entry[2].resource.generalPractitioner[0].reference'
  ],
  [
    'a reference in an answer to elsewhere',
    bundle => {
      resource(bundle, 'QuestionnaireResponse').item[0].answer = [{ valueReference: { reference: other } }]
    },
    'profile-reference Bundle.entry[1].resource.item[0].answer[0].value.reference'
  ],
  [
    'a signer elsewhere',
    bundle => {
      bundle.signature.who = { reference: other }
    },
    'profile-reference Bundle.signature.who.reference'
  ],
  [
    'an entry to which nothing leads',
    bundle => {
      add(bundle, {
        resourceType: 'Organization',
        name: 'A',
        partOf: { reference: entry(bundle, 'Organization').fullUrl }
      })
    },
    'profile-unreachable Bundle.entry[6]'
  ]
]
