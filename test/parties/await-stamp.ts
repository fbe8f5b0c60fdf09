import { setTimeout as sleep } from 'node:timers/promises'
import type { DocumentReference, Extension } from '@medplum/fhirtypes'
import { extensionUrl } from '../../src/document/canonical.ts'
import type { Party } from './party.ts'

export interface Stamped {
  /** instant */
  readonly time: string
  /** milliseconds */
  readonly accuracy: number
  readonly policy: string
  readonly authority: string
  /** id of the Binary that holds the token */
  readonly token: string
}

/** What a DocumentReference says of the time-stamp over the document's signature; undefined: none yet. */
export function stampIn({ extension }: DocumentReference): Stamped | undefined {
  const found = extension?.find(({ url }) => url === extensionUrl('timestamp'))
  if (!found) return undefined
  const part = (name: string): Extension => found.extension!.find(({ url }) => url === name)!
  return {
    time: part('time').valueInstant!,
    accuracy: part('accuracy').valueUnsignedInt!,
    policy: part('policy').valueOid!,
    authority: part('authority').valueString!,
    token: part('token').valueUrl!.split('/').at(-1)!
  }
}

/** The time-stamp of a document, as its author or the worker reads it, once it is there. @throws Error if none comes in that time */
export async function awaitStamp(reader: Party, id: string, withinMs = 20_000): Promise<Stamped> {
  for (const until = Date.now() + withinMs; Date.now() < until; await sleep(50)) {
    const { status, body } = await reader.get<DocumentReference>(`/fhir/DocumentReference/${id}`)
    const stamp = status === 200 ? stampIn(body) : undefined
    if (stamp) return stamp
  }
  throw new Error(`no time-stamp within ${withinMs} ms`)
}
