import { createHash } from 'node:crypto'
import { nextCaseState } from '../../document/case-state.ts'
import { kinds } from '../../document/kinds.ts'
import { roleOfClient } from '../../document/role.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { append } from '../../record/append.ts'
import { requireUndoubted } from '../case/case-of.ts'
import { composer } from '../composer.ts'
import type { Asked } from '../context.ts'
import { decideAgain } from '../decide-again.ts'
import type { Parts } from '../parts.ts'
import { recordHidden } from './record-hidden.ts'
import { statementRow } from './statement.ts'
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
    requireUndoubted(snapshot, asked.caller)
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
    const { keyring } = parts.record
    const stated = { id: documentId, key: await keyring.key(documentId), digest }
    const statement = await statementRow(parts, stated, slot, { ...caller, at }, at)
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
          value: statement.id,
          expiresAt: null
        }
      ],
      rows: {
        statement: [statement],
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
