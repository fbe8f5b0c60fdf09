import { compose, type Facts } from '../audit/compose.ts'
import type { Act, AuditRecord } from '../document/audit-record.ts'
import type { Caller } from '../document/caller.ts'
import { type AuditId, as, type RequestId } from '../document/ids.ts'
import type { Parts } from './parts.ts'

type Known = 'id' | 'at' | 'request' | 'caller' | 'gateway' | 'address'
export type ComposeFacts = Omit<Facts, Known | 'outcome'> & { readonly outcome?: Facts['outcome'] }

/** Composes audit records of one request: who, when, where and through which gateway stand in each alike. */
export function composer(
  parts: Pick<Parts, 'newId' | 'gateway'>,
  asked: {
    readonly request: string
    readonly at: number
    readonly address?: string | undefined
    readonly caller?: Caller | undefined
  }
): (act: Act, facts: ComposeFacts) => AuditRecord {
  return (act, facts) =>
    compose(act, {
      outcome: '0',
      ...facts,
      id: as<AuditId>(parts.newId()),
      at: asked.at,
      request: as<RequestId>(asked.request),
      caller: asked.caller,
      address: asked.address,
      gateway: parts.gateway
    })
}
