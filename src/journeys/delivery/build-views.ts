import type { Bundle } from '@medplum/fhirtypes'
import type { Decision } from '../../consent/decide.ts'
import { extensionUrl } from '../../document/canonical.ts'
import { type CaseSnapshot, memberOf } from '../../document/case.ts'
import { as, type DocumentId, type OrganizationId, type PartyId, type ViewId } from '../../document/ids.ts'
import { type PurposeCode, roleOfClient } from '../../document/role.ts'
import type { Document } from '../../document/stages.ts'
import type { Form } from '../../forms/form.ts'
import { formCanonical } from '../../forms/registry.ts'
import { append } from '../../record/append.ts'
import type { Working } from '../../record/ports.ts'
import { gatewayIdentifier, signAsGateway } from '../../signature/sign.ts'
import { signatureTypes } from '../../signature/signed-form.ts'
import { toInstant } from '../../standards/fhir-time.ts'
import { deriveView } from '../../view/derive.ts'
import { pad } from '../../view/pad.ts'
import { composer } from '../composer.ts'
import { decideAgain } from '../decide-again.ts'
import type { Parts } from '../parts.ts'
import { noteOutbox } from './note-outbox.ts'
import { decidedBy } from './opening-rows.ts'
import { decideFor, releasedMac } from './openings.ts'
import { partsOfBundle } from './parts-of-bundle.ts'

const perRound = 32

/**
 * Makes the derived documents that decisions have opened (design §3, Views): outside any transaction, then recorded under
 * guards, and only from then on notified of, found or read. What no consent carries any more is stopped instead.
 */
export async function buildViews(parts: Parts): Promise<void> {
  for (;;) {
    const rows = await parts.outbox.building(perRound)
    if (rows.length === 0) return
    for (const row of rows) await decideAgain(() => buildView(parts, row))
  }
}

async function buildView(parts: Parts, row: Working['outbox']): Promise<void> {
  const at = parts.now()
  const snapshot = (await parts.cases.byId(as(row.case)))!
  const stored = (await parts.documents.document(as<DocumentId>(row.document)))!
  const partner = parts.partners.byParty(as<PartyId>(row.party))
  const member = partner && memberOf(snapshot, partner.organization)
  const purpose = row.purpose as PurposeCode
  const decided = decidedBy(parts, stored)
  const decision = partner && member && decideFor(snapshot, snapshot.consents, decided, { partner, purpose }, at)
  if (!partner || !member || decision?.outcome !== 'permit') return noteOutbox(parts, row, { state: 'stopped' })
  const mac = releasedMac(parts, stored.id, { partner, purpose }, decision)
  const newest = await parts.documents.newestView(stored.id, partner.party, purpose)
  if (newest?.releasedMac === mac) return noteOutbox(parts, row, { target: newest.id, state: 'waiting' })

  const original = partsOfBundle(
    JSON.parse(Buffer.from(await parts.documents.documentBytes(stored.id)).toString()) as Bundle
  )
  const viewName = decided.kind.views[roleOfClient[partner.role]]!
  const unsigned = deriveView({
    original: { ...original, case: snapshot.identifier },
    kind: decided.kind,
    viewForm: parts.questionnaires.get(formCanonical(decided.kind.code, stored.version, viewName))!,
    ...placesIn(decided.form, original, decision),
    recipient: { caseSubject: member.subject },
    author: authorOf(parts, stored.organization),
    random: parts.randomId,
    at,
    gatewayIdentifier: gatewayIdentifier(parts.baseUrl)
  })
  const document: Bundle = { ...unsigned, meta: { profile: [extensionUrl('ryoritsu-document')] } }
  const when = toInstant(at)
  const signed = await signAsGateway(parts.documentSigner, document, {
    when,
    issuer: parts.baseUrl,
    typeCode: signatureTypes.derived
  })
  const bytes = pad(JSON.stringify(signed))

  const id = as<ViewId>(parts.randomId())
  const { keyring } = parts.record
  const fresh = keyring.freshKey(id, snapshot.id, await keyring.key(snapshot.id))
  const appended = await append(
    parts.record,
    {
      guards: [
        { kind: 'case-version', case: snapshot.id, version: snapshot.version, raise: false },
        { kind: 'once', scope: 'view', key: keyring.mac('view', row.id, mac), value: id, expiresAt: null }
      ],
      rows: {
        view: [
          {
            id,
            document: stored.id,
            case: snapshot.id,
            kind: stored.kind,
            party: partner.party,
            purpose,
            organization: partner.organization,
            releasedMac: mac,
            replaces: newest?.id ?? null,
            size: bytes.byteLength,
            day: when.slice(0, 10),
            sealed: keyring.seal(fresh.key, `view|${id}`, bytes),
            at
          }
        ],
        finding: [
          {
            reader: `${partner.party}/${purpose}`,
            target: id,
            isView: 1,
            case: snapshot.id,
            kind: stored.kind,
            day: when.slice(0, 10),
            at
          }
        ]
      },
      working: { keyWrap: [fresh.wrap], outbox: [{ ...row, target: id, state: 'waiting', dueAt: at }] },
      audit: [
        composer(parts, { request: parts.newId(), at })('decide', {
          case: snapshot,
          recipient: {
            client: partner.clientId,
            party: partner.party,
            organization: partner.organization,
            role: roleOfClient[partner.role],
            purpose,
            address: undefined
          },
          organizations: [...new Set([stored.organization, partner.organization, ...workerOrganizations(snapshot)])],
          entities: [
            { of: 'document', reference: `DocumentReference/${id}`, kind: stored.kind },
            ...decision.consents.map(consent => ({ of: 'consent', reference: `Consent/${consent}` }) as const)
          ]
        })
      ]
    },
    new Map([[id, fresh.key]])
  )
  if ('taken' in appended) await noteOutbox(parts, row, { target: appended.taken.value, state: 'waiting' })
}

const workerOrganizations = (snapshot: CaseSnapshot) =>
  snapshot.members.filter(member => member.side === 'worker').map(member => member.organization)

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
