import { readdirSync, readFileSync } from 'node:fs'
import { indexStructureDefinitionBundle, loadDataType, validateResource, validateTypedValue } from '@medplum/core'
import type {
  Bundle,
  Composition,
  Consent,
  Extension,
  Questionnaire,
  QuestionnaireItem,
  QuestionnaireResponse,
  Resource,
  StructureDefinition
} from '@medplum/fhirtypes'
import t from 'tap'

const ours = 'https://ryoritsu.example/fhir'
const profiles = new URL('../../profiles/', import.meta.url)
const read = <Json>(name: string) => JSON.parse(readFileSync(new URL(name, profiles), 'utf8')) as Json
const namesIn = (folder: string) => readdirSync(new URL(`${folder}/`, profiles))

indexStructureDefinitionBundle(read<StructureDefinition[]>('r4/structure-definitions.json'))
const definitions = new Map(
  namesIn('structure-definitions').map(name => {
    const definition = read<StructureDefinition>(`structure-definitions/${name}`)
    loadDataType(definition)
    return [definition.url ?? '', definition] as const
  })
)

function profile(id: string): StructureDefinition {
  const found = definitions.get(`${ours}/StructureDefinition/${id}`)
  if (!found) throw new TypeError(`no definition ${id}`)
  return found
}

/**
 * What the resource breaks of the profile, as text; nothing if it is valid. Two things that Medplum 5.2.13 gets wrong are
 * left out: it calls `urn:uuid:` references invalid, and it finds no slice by the type of `entry.resource`.
 */
function issues(resource: Resource, id: string): readonly string[] {
  const texts = (found: readonly { readonly details?: { readonly text?: string | undefined } }[] | undefined) =>
    (found ?? []).map(({ details }) => details?.text ?? '')
  const isOurs = (text: string) => !/^Invalid reference|for slice '/.test(text)
  try {
    return texts(validateResource(resource, { profile: profile(id) })).filter(isOurs)
  } catch (error) {
    return texts((error as { outcome?: { issue?: [] } }).outcome?.issue).filter(isOurs)
  }
}

const composition = (changes: Partial<Composition> = {}): Composition => ({
  resourceType: 'Composition',
  status: 'final',
  title: '主治医意見書(職場復帰)',
  date: '2026-09-01',
  type: { coding: [{ system: `${ours}/CodeSystem/document-kind`, code: 'opinion-return' }] },
  subject: { reference: 'urn:uuid:3' },
  author: [{ reference: 'urn:uuid:4' }, { reference: 'urn:uuid:5' }],
  custodian: { reference: 'urn:uuid:5' },
  event: [
    {
      code: [{ text: '主治医意見書発行' }],
      detail: [{ identifier: { system: `${ours}/IdSystem/case`, value: 'case-1' } }]
    }
  ],
  section: [{ title: '主治医意見書', entry: [{ reference: 'urn:uuid:2' }] }],
  ...changes
})

const response = (changes: Partial<QuestionnaireResponse> = {}): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  questionnaire: `${ours}/Questionnaire/opinion-return|2026`,
  status: 'completed',
  item: [{ linkId: 'or.opinionText', answer: [{ valueString: 'x' }] }],
  ...changes
})

const document = (changes: Partial<Bundle> = {}, head = composition()): Bundle => ({
  resourceType: 'Bundle',
  identifier: { system: 'http://jpfhir.jp/fhir/clins/bundle-identifier', value: '1319999015^2026^000001' },
  type: 'document',
  timestamp: '2026-09-01T00:00:00Z',
  entry: [
    { fullUrl: 'urn:uuid:1', resource: head },
    { fullUrl: 'urn:uuid:2', resource: response() },
    { fullUrl: 'urn:uuid:3', resource: { resourceType: 'Patient' } },
    { fullUrl: 'urn:uuid:4', resource: { resourceType: 'Practitioner' } },
    { fullUrl: 'urn:uuid:5', resource: { resourceType: 'Organization', name: 'x' } }
  ],
  ...changes
})

const consent = (changes: Partial<Consent> = {}): Consent => {
  const period = { start: '2026-09-01', end: '2027-03-31' }
  const subject = { identifier: { system: `${ours}/IdSystem/case-subject`, value: 's' } }
  return {
    resourceType: 'Consent',
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '64292-6' }] }],
    patient: subject,
    dateTime: '2026-09-01T09:30:00+09:00',
    performer: [subject],
    organization: [{ reference: 'Organization/1' }],
    sourceAttachment: { contentType: 'text/plain', title: '1' },
    policy: [{ uri: `${ours}/policy/ryoritsu-disclosure|1.0` }],
    provision: {
      type: 'deny',
      period,
      provision: [
        {
          type: 'permit',
          period,
          class: [{ system: `${ours}/CodeSystem/document-kind`, code: 'opinion-return' }],
          actor: [
            {
              role: {
                coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }]
              },
              reference: { reference: 'PractitionerRole/1' }
            }
          ],
          purpose: [{ system: `${ours}/CodeSystem/ryoritsu-purpose`, code: 'support-consideration' }],
          extension: [{ url: `${ours}/StructureDefinition/withholding`, valueCode: 'silent' }]
        }
      ]
    },
    ...changes
  }
}

const signature = (changes: object = {}) => ({
  type: [{ system: 'urn:iso-astm:E1762-95:2013', code: '1.2.840.10065.1.12.1.1' }],
  when: '2026-09-01T00:00:00Z',
  who: { display: 'x' },
  targetFormat: 'application/fhir+json',
  sigFormat: 'application/jose',
  data: 'YQ==',
  ...changes
})

t.test('a document is accepted with a signature and, as a draft, without', t => {
  t.same(issues(document(), 'ryoritsu-document'), [])
  t.same(issues(document({ signature: signature() }), 'ryoritsu-document'), [])
  t.end()
})

t.test('a document is refused whose parts do not hold together', t => {
  const { identifier: _, ...unnamed } = document()
  t.ok(issues(unnamed, 'ryoritsu-document').includes('Missing required property'))
  t.match(issues(document({ type: 'collection' }), 'ryoritsu-document'), [/pattern|fixed/])
  const astray = composition({ section: [{ title: 'x', entry: [{ reference: 'urn:uuid:9' }] }] })
  t.match(issues(document({}, astray), 'ryoritsu-document'), [/^Constraint ryo-document-section not met/])
  const xml = document({ signature: signature({ sigFormat: 'application/signature+xml' }) })
  t.match(issues(xml, 'ryoritsu-document'), [/pattern|fixed/])
  t.end()
})

t.test('a document may hold one response about one person, and nothing that no consent governs', t => {
  const slices = (profile('ryoritsu-document').snapshot?.element ?? []).filter(({ path, sliceName }) => {
    return path === 'Bundle.entry' && sliceName
  })
  t.same(
    slices.map(({ sliceName, min, max }) => `${sliceName} ${min}..${max}`),
    [
      'composition 1..1',
      'response 1..1',
      'patient 1..1',
      'organization 1..*',
      'practitioner 0..*',
      'practitionerRole 0..*',
      'encounter 0..1'
    ]
  )
  const entry = profile('ryoritsu-document').snapshot?.element?.find(({ id }) => id === 'Bundle.entry')
  t.equal(entry?.slicing?.rules, 'closed')
  t.end()
})

t.test('a composition names its case and its custodian', t => {
  t.same(issues(composition(), 'ryoritsu-composition'), [])
  t.same(issues(composition({ event: [{ code: [{ text: 'x' }] }] }), 'ryoritsu-composition'), [
    'Missing required property'
  ])
  const { custodian: _, ...orphan } = composition()
  t.same(issues(orphan, 'ryoritsu-composition'), ['Missing required property'])
  const elsewhere = [{ identifier: { system: 'urn:x', value: 'case-1' } }]
  t.match(issues(composition({ event: [{ code: [{ text: 'x' }], detail: elsewhere }] }), 'ryoritsu-composition'), [
    /pattern|fixed/
  ])
  t.match(issues(composition({ status: 'preliminary' }), 'ryoritsu-composition'), [/pattern|fixed/])
  t.end()
})

t.test('a response is finished and names its form with the version', t => {
  t.same(issues(response(), 'ryoritsu-response'), [])
  t.match(issues(response({ questionnaire: `${ours}/Questionnaire/opinion-return` }), 'ryoritsu-response'), [
    /^Constraint ryo-response-form not met/
  ])
  t.match(issues(response({ status: 'in-progress' }), 'ryoritsu-response'), [/^Constraint ryo-response-status not met/])
  t.end()
})

t.test('a consent denies but for what it permits, and ends', t => {
  t.same(issues(consent(), 'ryoritsu-consent'), [])
  const { provision } = consent()
  const [permit] = provision?.provision ?? []
  t.match(issues(consent({ provision: { ...provision, type: 'permit' } }), 'ryoritsu-consent'), [/pattern|fixed/])
  t.same(issues(consent({ provision: { ...provision, period: { start: '2026-09-01' } } }), 'ryoritsu-consent'), [
    'Missing required property'
  ])
  const { class: _, ...anyKind } = permit ?? {}
  t.match(issues(consent({ provision: { ...provision, provision: [anyKind] } }), 'ryoritsu-consent'), [
    /^Constraint ryo-consent-kind not met/
  ])
  t.end()
})

t.test('every extension of our own in a form has a definition and follows it', t => {
  const within = (items: readonly QuestionnaireItem[] = []): readonly Extension[] =>
    items.flatMap(({ extension = [], answerOption = [], item }) => {
      return [...extension, ...answerOption.flatMap(option => option.extension ?? []), ...within(item)]
    })
  const used = namesIn('questionnaires')
    .flatMap(name => within(read<Questionnaire>(`questionnaires/${name}`).item))
    .filter(({ url }) => url?.startsWith(ours))
  const urls = new Set(used.map(({ url }) => url?.slice(`${ours}/StructureDefinition/`.length)))
  t.same([...urls].sort(), ['disclosure-class', 'not-before', 'option-group', 'required-when'])
  for (const value of used) {
    const definition = definitions.get(value.url ?? '')
    t.ok(definition, value.url ?? '')
    t.same(validateTypedValue({ type: 'Extension', value }, definition ? { profile: definition } : {}), [])
  }
  t.end()
})
