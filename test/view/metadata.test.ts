import t from 'tap'
import { as, type DocumentId, type OrganizationId, type PartyId, type ViewId } from '../../src/document/ids.ts'
import { kinds } from '../../src/document/kinds.ts'
import { derivedReference, originalReference } from '../../src/view/metadata.ts'

const c = 'https://ryoritsu.example/fhir'
const described = {
  kind: kinds['opinion-return'],
  version: '2026',
  caseSubject: 'reader-own',
  case: 'case-1',
  author: as<OrganizationId>('hospital'),
  baseUrl: 'http://127.0.0.1:8080',
  size: 4096,
  hash: 'c2hhMQ==',
  at: Date.parse('2026-09-02T00:00:00Z')
}
const common = {
  resourceType: 'DocumentReference',
  type: {
    coding: [{ system: `${c}/CodeSystem/document-kind`, code: 'opinion-return', display: '主治医意見書(職場復帰)' }]
  },
  subject: { identifier: { system: `${c}/IdSystem/case-subject`, value: 'reader-own' } },
  date: '2026-09-02T00:00:00.000Z',
  author: [{ reference: 'Organization/hospital' }],
  securityLabel: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] }],
  context: { related: [{ identifier: { system: `${c}/IdSystem/case`, value: 'case-1' } }] }
}
const content = (id: string, creation?: string) => [
  {
    attachment: {
      contentType: 'application/fhir+json',
      language: 'ja',
      url: `http://127.0.0.1:8080/fhir/Bundle/${id}`,
      size: 4096,
      hash: 'c2hhMQ==',
      ...(creation === undefined ? {} : { creation })
    },
    format: { system: `${c}/CodeSystem/document-format`, code: 'opinion-return-2026' }
  }
]

t.test('author and worker read the original by its own identifier, with receipt and deliveries', async t => {
  const identifier = { system: 'http://jpfhir.jp/fhir/clins/bundle-identifier', value: '1319999015^2026^000123' }
  const original = {
    ...described,
    id: as<DocumentId>('doc-1'),
    identifier,
    creation: '2026-09-01T11:22:33+09:00',
    replaces: undefined,
    isReplaced: false,
    signature: { assurance: 'organisation', revocation: undefined, isMedicalCertificate: false },
    deliveries: []
  } as const
  t.strictSame(originalReference(original), {
    ...common,
    id: 'doc-1',
    extension: [
      { url: `${c}/StructureDefinition/assurance`, valueCode: 'original' },
      {
        url: `${c}/StructureDefinition/signature-assurance`,
        extension: [
          { url: 'level', valueCode: 'organisation' },
          { url: 'medical-certificate', valueBoolean: false }
        ]
      },
      { url: `${c}/StructureDefinition/signature-time`, valueInstant: '2026-09-02T00:00:00.000Z' }
    ],
    masterIdentifier: identifier,
    status: 'current',
    content: content('doc-1', '2026-09-01T11:22:33+09:00')
  })
  const corrected = originalReference({
    ...original,
    creation: undefined,
    isReplaced: true,
    replaces: as<DocumentId>('doc-0'),
    receipt: 'a.b.c',
    signature: { assurance: 'qualified', revocation: 'good', isMedicalCertificate: true },
    stamp: {
      timestamp: { time: Date.parse('2026-09-02T00:00:01Z'), accuracy: 500, policy: '1.2.3', authority: 'CN=TSA' },
      url: 'http://127.0.0.1:8080/fhir/Binary/stamp-1'
    },
    deliveries: [{ recipient: as<PartyId>('ohp'), state: 'retrieved' }]
  })
  t.equal(corrected.status, 'superseded')
  t.strictSame(corrected.relatesTo, [{ code: 'replaces', target: { reference: 'DocumentReference/doc-0' } }])
  t.strictSame(corrected.content, content('doc-1'))
  t.strictSame(corrected.extension?.slice(1), [
    { url: `${c}/StructureDefinition/receipt`, valueString: 'a.b.c' },
    {
      url: `${c}/StructureDefinition/signature-assurance`,
      extension: [
        { url: 'level', valueCode: 'qualified' },
        { url: 'revocation', valueCode: 'good' },
        { url: 'medical-certificate', valueBoolean: true }
      ]
    },
    { url: `${c}/StructureDefinition/signature-time`, valueInstant: '2026-09-02T00:00:01.000Z' },
    {
      url: `${c}/StructureDefinition/timestamp`,
      extension: [
        { url: 'time', valueInstant: '2026-09-02T00:00:01.000Z' },
        { url: 'accuracy', valueUnsignedInt: 500 },
        { url: 'policy', valueOid: 'urn:oid:1.2.3' },
        { url: 'authority', valueString: 'CN=TSA' },
        { url: 'token', valueUrl: 'http://127.0.0.1:8080/fhir/Binary/stamp-1' }
      ]
    },
    {
      url: `${c}/StructureDefinition/delivery`,
      extension: [
        { url: 'recipient', valueReference: { reference: 'PractitionerRole/ohp' } },
        { url: 'state', valueCode: 'retrieved' }
      ]
    }
  ])
})

t.test('a recipient reads of its derived document, taken from that alone', async t => {
  const derived = {
    ...described,
    id: as<ViewId>('view-2'),
    bundle: {
      resourceType: 'Bundle',
      type: 'document',
      identifier: { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:1' },
      entry: [{ resource: { resourceType: 'Composition', date: '2026-09-01' } }]
    } as unknown as Parameters<typeof derivedReference>[0]['bundle'],
    replaces: as<ViewId>('view-1')
  }
  t.strictSame(derivedReference(derived), {
    ...common,
    id: 'view-2',
    extension: [{ url: `${c}/StructureDefinition/assurance`, valueCode: 'gateway' }],
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:1' },
    status: 'current',
    relatesTo: [{ code: 'replaces', target: { reference: 'DocumentReference/view-1' } }],
    content: content('view-2', '2026-09-01')
  })
  t.throws(() => derivedReference({ ...derived, bundle: { resourceType: 'Bundle', type: 'document' } }), TypeError)
})
