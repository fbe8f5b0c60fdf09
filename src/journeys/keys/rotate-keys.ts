import type { KeyPurpose } from '../../document/signer.ts'
import { appendAlways } from '../../record/append.ts'
import type { KeyWraps } from '../../record/ports.ts'
import { composer } from '../composer.ts'
import { operatorOrganization, type Parts } from '../parts.ts'
import type { Exclusively, KeyFacts, MasterKeys, SigningKeys } from './ports.ts'

/** What keys are rotated with, by a command beside gateways at work. */
export interface RotateParts extends Pick<Parts, 'record' | 'gateway' | 'now' | 'newId'> {
  readonly keys: SigningKeys
  readonly masters: MasterKeys
  readonly wraps: KeyWraps
  readonly exclusively: Exclusively
  readonly sleep: (milliseconds: number) => Promise<unknown>
}

/** A key that took the place of others. */
export interface Rotated {
  readonly purpose: KeyPurpose | 'master'
  readonly kid: string
  /** keys that sign or wrap nothing any more */
  readonly retired: readonly string[]
}

/**
 * Rotates signing keys: the next one is published; after the grace, in which every gateway and whoever keeps our public keys gets to
 * know it, it signs, since that stands in its file; after the grace once more the private part of the old one is taken away.
 * Cut off at any point the keys are in order. Where an earlier run was, this one finishes it and begins no other.
 * @param place in a token, of the key that is next; undefined: one is made in a file
 */
export async function rotateSigningKeys(
  parts: RotateParts,
  purposes: readonly KeyPurpose[],
  graceMs: number,
  place?: unknown
): Promise<readonly Rotated[]> {
  const { keys } = parts
  for (const purpose of purposes) {
    if (isUnfinished(of(keys, purpose), parts.now())) continue
    const fresh = place === undefined ? keys.make(purpose) : await keys.adopt(purpose, place)
    await recordRotation(parts, 'added', purpose, fresh.kid)
    fresh.publish(parts.now() + graceMs)
  }
  const newest = purposes.map(purpose => of(keys, purpose).at(-1)!.since)
  await parts.sleep(Math.max(0, Math.max(...newest) + graceMs - parts.now()))
  const rotated: Rotated[] = []
  for (const purpose of purposes) {
    const retired = of(keys, purpose).filter(({ state, canSign }) => state === 'retired' && canSign)
    for (const { kid } of retired) await recordRotation(parts, 'retired', purpose, kid)
    keys.retire(purpose)
    const { kid } = of(keys, purpose).find(({ state }) => state === 'current')!
    rotated.push({ purpose, kid, retired: retired.map(key => key.kid) })
  }
  return rotated
}

const of = (keys: SigningKeys, purpose: KeyPurpose): readonly KeyFacts[] =>
  keys.facts().filter(key => key.purpose === purpose)

/** No grace is longer than a week: a key that signs much later was made while the clock was wrong, and is given up. */
const longestGraceMs = 7 * 86_400_000

function isUnfinished(facts: readonly KeyFacts[], now: number): boolean {
  const newest = facts.at(-1)!
  if (newest.state === 'next') return newest.since <= now + longestGraceMs
  return facts.some(({ state, canSign }) => state === 'retired' && canSign)
}

/** Durable before what it says: a key that was added and never came into use does no harm, one without a record does. */
export async function recordRotation(
  parts: Pick<RotateParts, 'record' | 'gateway' | 'now' | 'newId'>,
  reason: 'added' | 'retired',
  purpose: Rotated['purpose'],
  kid: string
): Promise<void> {
  await appendAlways(parts.record, {
    guards: [],
    rows: {},
    working: {},
    audit: [
      composer(parts, { request: parts.newId(), at: parts.now() })('key-rotate', {
        reason,
        organizations: [operatorOrganization],
        entities: [{ of: 'key', kid, purpose }]
      })
    ]
  })
}
