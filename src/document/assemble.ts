import type { Bundle, QuestionnaireResponse, QuestionnaireResponseItem, Reference } from '@medplum/fhirtypes'
import { caseSubjectSystem, caseSystem, codeSystem, documentIdSystem, extensionUrl } from './canonical.ts'
import type { Identifier } from './ids.ts'
import type { Kind } from './kind.ts'

/** What an organisation's answers become a document with. */
export interface Draftable {
  readonly kind: Kind
  /** canonical of the form with its version: `url|version` */
  readonly questionnaire: string
  readonly items: readonly QuestionnaireResponseItem[]
  readonly author: { readonly name: string; readonly identifier: Identifier }
  /** value in `{c}/IdSystem/case` */
  readonly case: string
  /** value in `{c}/IdSystem/case-subject`: the author's own number for the worker */
  readonly subject: string
  /** value in `{c}/IdSystem/document` */
  readonly identifier: string
  /** instant of writing */
  readonly when: string
  /** a fresh UUID each time */
  readonly uuid: () => string
}

/** Index of the response in `Bundle.entry`. */
export const responseEntry = 1

/**
 * Puts answers together as a document Bundle (contract §6.1), not yet signed: Composition, response, Patient, Organization. The
 * organisation is the author; nobody's name is in it but those that the answers give.
 * @see JP-CLINS 1.5 (eReferral) for the skeleton
 */
export function assembleDocument(draft: Draftable): Bundle {
  const { kind, author, when, uuid } = draft
  const urls = { composition: urn(uuid), response: urn(uuid), patient: urn(uuid), organization: urn(uuid) }
  const to = (reference: string): Reference<never> => ({ reference })
  const response: QuestionnaireResponse = {
    resourceType: 'QuestionnaireResponse',
    questionnaire: draft.questionnaire,
    status: 'completed',
    subject: to(urls.patient),
    authored: when,
    author: to(urls.organization),
    ...(draft.items.length > 0 && { item: [...draft.items] })
  }
  return {
    resourceType: 'Bundle',
    meta: { profile: [extensionUrl('ryoritsu-document')] },
    identifier: { system: documentIdSystem, value: draft.identifier },
    type: 'document',
    timestamp: when,
    entry: [
      {
        fullUrl: urls.composition,
        resource: {
          resourceType: 'Composition',
          status: 'final',
          type: { coding: [{ system: codeSystem('document-kind'), code: kind.code, display: kind.title.ja }] },
          subject: to(urls.patient),
          date: when,
          author: [to(urls.organization)],
          title: kind.title.ja,
          attester: [{ mode: 'legal', time: when, party: to(urls.organization) }],
          custodian: to(urls.organization),
          event: [
            {
              code: [{ text: `${kind.title.ja}発行` }],
              period: { start: when },
              detail: [{ identifier: { system: caseSystem, value: draft.case } }]
            }
          ],
          section: [{ title: kind.title.ja, entry: [to(urls.response)] }]
        }
      },
      { fullUrl: urls.response, resource: response },
      {
        fullUrl: urls.patient,
        resource: { resourceType: 'Patient', identifier: [{ system: caseSubjectSystem, value: draft.subject }] }
      },
      {
        fullUrl: urls.organization,
        resource: { resourceType: 'Organization', identifier: [{ ...author.identifier }], name: author.name }
      }
    ]
  }
}

const urn = (uuid: () => string): string => `urn:uuid:${uuid()}`
