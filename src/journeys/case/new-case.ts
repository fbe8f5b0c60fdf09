import type { CaseKind, CasePerson } from '../../document/case.ts'
import type { CaseId, Identifier, OrganizationId } from '../../document/ids.ts'
import { as } from '../../document/ids.ts'
import type { Side } from '../../document/role.ts'
import type { Keyring } from '../../record/keyring.ts'
import type { Evidence } from '../../record/ports.ts'
import { encodeBase64url } from '../../standards/base64url.ts'
import type { Parts } from '../parts.ts'

const invitationDays = 30
const dayMs = 86_400_000

/** A code that opens one door once: 128 bits, so that it cannot be guessed; only its HMAC is stored. */
export function newCode(parts: Parts): { code: string; mac: string } {
  const code = encodeBase64url(parts.random(16))
  return { code, mac: codeMac(parts.record.keyring, code) }
}

export const codeMac = (keyring: Keyring, code: string): string => keyring.mac('code', code)

/** 22 characters of randomness: tells nothing, links nothing. */
export const newOpaque = (parts: Parts): string => encodeBase64url(parts.random(16))

export function invitationRow(facts: {
  readonly mac: string
  readonly case: CaseId
  readonly side: Side
  readonly by: OrganizationId
  readonly at: number
}): Evidence['invitation'] {
  const { mac, ...rest } = facts
  return { codeMac: mac, ...rest, expiresAt: facts.at + invitationDays * dayMs }
}

export interface Joining {
  readonly case: CaseId
  readonly organization: OrganizationId
  readonly side: Side
  readonly localIdentifier: Identifier | undefined
  readonly at: number
}

/** A member with a fresh subject identifier of its own: no number links the sides (design §3). */
export function memberRow(parts: Parts, key: Uint8Array, joining: Joining): Evidence['member'] {
  const { case: id, organization, side, localIdentifier, at } = joining
  const context = `member|${id}|${organization}`
  const sealed = parts.record.keyring.seal(key, context, Buffer.from(JSON.stringify({ localIdentifier })))
  return { case: id, organization, side, subject: newOpaque(parts), sealed, at }
}

/** The rows of a fresh case and its key. */
export function caseRows(
  parts: Parts,
  facts: {
    readonly kind: CaseKind
    readonly person: CasePerson
    readonly openedBy: OrganizationId
    readonly at: number
  }
) {
  const id = as<CaseId>(parts.newId())
  const fresh = parts.record.keyring.freshCaseKey(id)
  // one opaque word for the case everywhere: whoever may see the id may see the identifier, and the other way round
  const identifier: string = id
  const sealed = parts.record.keyring.seal(fresh.key, `case|${id}`, Buffer.from(JSON.stringify(facts.person)))
  const file: Evidence['caseFile'] = {
    id,
    identifier,
    kind: facts.kind,
    openedBy: facts.openedBy,
    sealed,
    at: facts.at
  }
  const event: Evidence['caseEvent'] = { case: id, version: 1, state: 'requested', cause: 'case-open', at: facts.at }
  return { id, identifier, fresh, file, event }
}
