import type { Bundle, HumanName } from '@medplum/fhirtypes'
import { chainOf, keyOf, signingKeys, type TestKey } from '../../fixtures/test-keys.ts'
import { medicalInstitutionSystem } from '../../src/document/canonical.ts'
import type { Identifier } from '../../src/document/ids.ts'
import type { SignatureTrust } from '../../src/signature/ports.ts'
import { type SignatureClaims, signDocument } from '../../src/signature/sign.ts'
import { signatureTypes } from '../../src/signature/signed-form.ts'

export const hospital: Identifier = { system: medicalInstitutionSystem, value: '1319999015' }
export const physician: Identifier = {
  system: 'http://jpfhir.jp/fhir/core/mhlw/IdSystem/medicalRegistrationNumber',
  value: '990101'
}
export const signedAt = '2026-09-10T11:25:00.000+09:00'
export const receivedAt = Date.parse(signedAt) + 60_000

export const organizationKey = keyOf(signingKeys, 'hospital-1319999015')

/** A document about nobody: as much of one as the signature station looks at. */
export function sampleDocument({ items = 3, name = '新海 志保', registration = physician.value } = {}): Bundle {
  const [family = '', given = ''] = name.split(' ')
  const names: HumanName[] = [{ text: name, family, given: [given] }]
  return {
    resourceType: 'Bundle',
    meta: { profile: ['https://ryoritsu.example/fhir/StructureDefinition/ryoritsu-document'] },
    type: 'document',
    timestamp: signedAt,
    identifier: { system: 'http://jpfhir.jp/fhir/clins/bundle-identifier', value: '1319999015^2026^000001' },
    entry: [
      {
        fullUrl: 'urn:uuid:11111111-1111-4111-8111-111111111111',
        resource: {
          resourceType: 'Composition',
          status: 'final',
          type: { coding: [{ code: 'opinion-continuation' }] },
          title: '主治医意見書',
          date: signedAt,
          author: [
            { reference: 'urn:uuid:22222222-2222-4222-8222-222222222222' },
            { reference: 'urn:uuid:33333333-3333-4333-8333-333333333333' }
          ]
        }
      },
      {
        fullUrl: 'urn:uuid:22222222-2222-4222-8222-222222222222',
        resource: {
          resourceType: 'Practitioner',
          name: names,
          qualification: [{ identifier: [{ ...physician, value: registration }], code: { text: '医師' } }]
        }
      },
      {
        fullUrl: 'urn:uuid:33333333-3333-4333-8333-333333333333',
        resource: { resourceType: 'Organization', identifier: [{ ...hospital }], name: '東都みほん病院' }
      },
      {
        fullUrl: 'urn:uuid:44444444-4444-4444-8444-444444444444',
        resource: {
          resourceType: 'QuestionnaireResponse',
          questionnaire: 'https://ryoritsu.example/fhir/Questionnaire/opinion-continuation|2026',
          status: 'completed',
          item: Array.from({ length: items }, (_, i) => ({
            linkId: `oc.item.${i}`,
            text: '措置の内容',
            answer: [{ valueString: `時差通勤と外勤を避けること、休憩をとること。(${i})` }, { valueDecimal: i + 0.5 }]
          }))
        }
      }
    ]
  }
}

export function signed(
  document: Bundle,
  claims: Partial<SignatureClaims> = {},
  key: TestKey = organizationKey
): Bundle {
  const which = claims.x5c ? {} : { kid: key.kid }
  const common = { alg: key.alg, when: signedAt, who: hospital, typeCode: signatureTypes.author }
  return signDocument(document, { key: key.privateKey, ...common, ...which, ...claims })
}

export function signedByCertificate(document: Bundle, file: string, who: Identifier = physician): Bundle {
  return signed(
    document,
    { x5c: chainOf(file).x5c, who },
    keyOf(signingKeys, file.match(/^(physician|employer)-\d+/)![0])
  )
}

/** Knows the hospital's keys alone, and no authority. */
export const registeredOnly: SignatureTrust = {
  signingKey: kid => {
    const key = kid.startsWith('hospital-1319999015') ? signingKeys.get(kid) : undefined
    return key && { key: key.publicKey, alg: key.alg }
  },
  certificates: async () => ({ kind: 'untrusted', why: 'no anchors' })
}
