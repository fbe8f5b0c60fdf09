import { createHash } from 'node:crypto'
import type { Provenance } from '@medplum/fhirtypes'
import { nextCaseState } from '../../document/case-state.ts'
import { kinds } from '../../document/kinds.ts'
import { roleOfClient } from '../../document/role.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { append } from '../../record/append.ts'
import { encodeBase64url } from '../../standards/base64url.ts'
import { toInstant } from '../../standards/fhir-time.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import { decideAgain } from '../decide-again.ts'
import type { Parts } from '../parts.ts'
import { recordHidden } from './record-hidden.ts'
import { type Visible, visibleTo } from './visible.ts'

/**
 * A further signer confirms a document (本人署名 and the like): the gateway attests, by its own signature over the SHA-256 of
 * the recorded bytes, that this party in this session confirmed it. Kept beside the document, which never changes.
 * @throws Refusal `not-found`; `parameter-invalid` for a slot that the kind does not have or that belongs to another role
 */
export async function confirmSlot(parts: Parts, asked: Asked, id: string, slot: string): Promise<Visible> {
  return decideAgain(async () => {
    const visible = await visibleTo(parts, asked.caller, id, asked.at)
    if (visible.as === 'hidden') {
      await recordHidden(parts, asked, visible)
      throw new Refusal('not-found')
    }
    const { snapshot } = visible
    const documentId = visible.as === 'recipient' ? visible.view.document : visible.document.id
    const kind = kinds[visible.as === 'recipient' ? visible.view.kind : visible.document.kind]
    const role = roleOfClient[asked.caller.clientRole]
    if (!kind.signatureSlots.some(known => known.slot === slot && known.role === role)) {
      throw new Refusal('parameter-invalid', { at: ["Parameters.parameter.where(name='slot')"] })
    }
    const statements = await parts.documents.statements(documentId)
    if (statements.some(known => known.slot === slot && known.organization === asked.caller.organization))
      return visible

    const { at, caller } = asked
    const bytes = await parts.documents.documentBytes(documentId)
    const digest = createHash('sha256').update(bytes).digest()
    const statementId = parts.newId()
    const provenance: Provenance = {
      resourceType: 'Provenance',
      id: statementId,
      target: [{ reference: `DocumentReference/${documentId}` }],
      recorded: toInstant(at),
      agent: [{ who: { reference: `PractitionerRole/${caller.party}` } }],
      signature: [
        {
          type: [{ system: 'urn:iso-astm:E1762-95:2013', code: '1.2.840.10065.1.12.1.14' }],
          when: toInstant(at),
          who: { reference: `PractitionerRole/${caller.party}` },
          sigFormat: 'application/jose',
          data: await attestation(parts, { digest, slot, party: caller.party, at })
        }
      ]
    }
    const { keyring } = parts.record
    const key = await keyring.key(documentId)
    const by =
      role === 'worker' ? nextCaseState(snapshot.state, { kind: 'confirmed-by-worker', of: kind.code }) : snapshot.state
    const state = by ?? snapshot.state
    const isMoved = state !== snapshot.state
    const author = visible.as === 'recipient' ? visible.view.author : visible.document.organization
    await append(parts.record, {
      guards: [
        { kind: 'case-version', case: snapshot.id, version: snapshot.version, raise: isMoved },
        {
          kind: 'once',
          scope: 'statement',
          key: keyring.mac('statement', documentId, slot, caller.organization),
          value: statementId,
          expiresAt: null
        }
      ],
      rows: {
        statement: [
          {
            id: statementId,
            document: documentId,
            slot,
            organization: caller.organization,
            assurance: 'attested',
            sealed: keyring.seal(key, `statement|${statementId}`, Buffer.from(JSON.stringify(provenance))),
            at
          }
        ],
        ...(isMoved && {
          caseEvent: [{ case: snapshot.id, version: snapshot.version + 1, state, cause: 'document-confirm', at }]
        })
      },
      working: {},
      audit: [
        composer(parts, asked)('document-confirm', {
          case: snapshot,
          organizations: [...new Set([caller.organization, author])],
          entities: [{ of: 'document', reference: `DocumentReference/${id}`, kind: kind.code }]
        })
      ]
    })
    return visible
  })
}

/** Base64 of a compact JWS by the gateway's document key: this party confirmed these bytes in this slot at this time. */
async function attestation(
  parts: Parts,
  claims: { digest: Uint8Array; slot: string; party: string; at: number }
): Promise<string> {
  const { alg, kid } = parts.documentSigner
  const header = encodeBase64url(
    Buffer.from(JSON.stringify({ alg, kid, typ: 'ryoritsu-attestation+jws', iss: parts.baseUrl }))
  )
  const payload = encodeBase64url(
    Buffer.from(
      JSON.stringify({
        sha256: encodeBase64url(claims.digest),
        slot: claims.slot,
        party: `PractitionerRole/${claims.party}`,
        time: toInstant(claims.at)
      })
    )
  )
  const signature = await parts.documentSigner.sign(Buffer.from(`${header}.${payload}`))
  return Buffer.from(`${header}.${payload}.${encodeBase64url(signature)}`).toString('base64')
}
