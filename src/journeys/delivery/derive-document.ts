import type { Bundle } from '@medplum/fhirtypes'
import type { Decision } from '../../consent/decide.ts'
import { extensionUrl } from '../../document/canonical.ts'
import type { CaseSnapshot } from '../../document/case.ts'
import type { OrganizationId } from '../../document/ids.ts'
import type { Partner } from '../../document/partner.ts'
import { roleOfClient } from '../../document/role.ts'
import type { Document } from '../../document/stages.ts'
import type { Form } from '../../forms/form.ts'
import { formCanonical } from '../../forms/registry.ts'
import { gatewayIdentifier, signAsGateway } from '../../signature/sign.ts'
import { signatureTypes } from '../../signature/signed-form.ts'
import { toInstant } from '../../standards/fhir-time.ts'
import { deriveView } from '../../view/derive.ts'
import { pad } from '../../view/pad.ts'
import type { Parts } from '../parts.ts'
import type { StoredDocument } from '../ports.ts'
import type { Decided } from './openings.ts'
import { partsOfBundle } from './parts-of-bundle.ts'

/** One recipient's document by one decision. */
export interface Deriving {
  readonly stored: StoredDocument
  readonly snapshot: CaseSnapshot
  readonly decided: Decided
  readonly decision: Extract<Decision, { outcome: 'permit' }>
  readonly partner: Partner
  /** the recipient's own number for the worker */
  readonly subject: string
  readonly at: number
}

/** The bytes of the derived document: on the view form of the recipient's role, signed by the gateway, padded (contract §6.5). */
export async function deriveDocument(parts: Parts, deriving: Deriving): Promise<Uint8Array> {
  const { stored, snapshot, decided, decision, partner, subject, at } = deriving
  const bytes = await parts.documents.documentBytes(stored.id)
  const original = partsOfBundle(JSON.parse(Buffer.from(bytes).toString()) as Bundle)
  const view = decided.kind.views[roleOfClient[partner.role]]!
  const unsigned = deriveView({
    original: { ...original, case: snapshot.identifier },
    kind: decided.kind,
    viewForm: parts.questionnaires.get(formCanonical(decided.kind.code, stored.version, view))!,
    ...placesIn(decided.form, original, decision),
    recipient: { caseSubject: subject },
    author: authorOf(parts, stored.organization),
    random: parts.randomId,
    at,
    gatewayIdentifier: gatewayIdentifier(parts.baseUrl)
  })
  const document: Bundle = { ...unsigned, meta: { profile: [extensionUrl('ryoritsu-document')] } }
  const signed = await signAsGateway(parts.documentSigner(), document, {
    when: toInstant(at),
    issuer: parts.baseUrl,
    typeCode: signatureTypes.derived
  })
  return pad(JSON.stringify(signed))
}

/** Decisions speak of questions; a view wants the places at which this response answered them. */
function placesIn(
  form: Form,
  original: Pick<Document, 'response'>,
  decision: Extract<Decision, { outcome: 'permit' }>
) {
  const released = new Set(decision.released.map(place => place.linkId))
  const how = new Map(decision.withheld.map(({ place, as: way }) => [place.linkId, way]))
  const units = form.units(original.response)
  return {
    released: units.filter(unit => released.has(unit.linkId)).map(({ linkId, at }) => ({ linkId, at })),
    withheld: units
      .filter(unit => how.has(unit.linkId))
      .map(({ linkId, at }) => ({ place: { linkId, at }, as: how.get(linkId)! }))
  }
}

function authorOf(parts: Parts, organization: OrganizationId) {
  const partner = parts.partners.ofOrganization(organization)[0]!
  return { name: partner.organizationName, identifier: partner.organizationIdentifier }
}
