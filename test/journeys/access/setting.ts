import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import type { Caller } from '../../../src/document/caller.ts'
import { as } from '../../../src/document/ids.ts'
import type { Parts } from '../../../src/journeys/parts.ts'
import { uuidV7Factory } from '../../../src/standards/uuid.ts'
import { at, recordSetting } from '../../record/setting.ts'

export { at }

/** What the journeys of access lean on, over a real store. The rest of the parts is not theirs to touch. */
export async function accessSetting(t: Test) {
  const setting = await recordSetting(t)
  const parts = {
    baseUrl: 'http://127.0.0.1:8080',
    gateway: { name: 'http://127.0.0.1:8080', address: '127.0.0.1' },
    now: () => at,
    newId: uuidV7Factory(() => at, randomBytes),
    record: setting.parts,
    answers: setting.reads.answers
  } as unknown as Parts
  const records = async () => {
    const found = await setting.reads.audit.search(
      {
        organization: undefined,
        case: undefined,
        act: undefined,
        outcome: undefined,
        from: undefined,
        until: undefined
      },
      { beforeLeaf: undefined, limit: 100 }
    )
    return found.toReversed().map(({ act, outcome, event, leaf }) => ({
      act,
      outcome,
      leaf,
      event: JSON.parse(Buffer.from(event).toString())
    }))
  }
  return { ...setting, parts, records }
}

export function callerOf(more: Partial<Caller> = {}): Caller {
  return {
    client: as('client'),
    clientRole: 'employer-hr',
    side: 'employer',
    party: as('party-hr'),
    organization: as('employer'),
    organizationIdentifier: { system: 'urn:oid:1.3.188', value: '8999999999901' },
    role: 'hr-staff',
    purpose: 'support-consideration',
    person: { id: 'p1', name: '人事 花子' },
    scopes: new Set(['system/Bundle.c', 'system/DocumentReference.rs']),
    token: 'jti',
    address: '192.0.2.7',
    ...more
  }
}
