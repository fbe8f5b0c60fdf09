import { namelessMaster, parentOf } from '../../record/master-ring.ts'
import { closeMasters, rewrapAll } from '../../record/rewrap.ts'
import { type Rotated, type RotateParts, recordRotation } from './rotate-keys.ts'

/** between two pages of keys that are wrapped anew: gateways write meanwhile */
const pauseMs = 5

/**
 * Rotates the master key: the next one is made known to every gateway, then wraps what is new, then the old one is closed in the
 * store, all that is under it is wrapped anew, and it is destroyed. Nothing can be stored under a closed master, so that what is
 * found under none is under none for good. Cut off at any point everything is readable, and the next run goes on from there.
 */
export async function rotateMaster(
  parts: RotateParts,
  graceMs: number
): Promise<Rotated & { readonly rewrapped: number }> {
  const { masters, record } = parts
  if (masters.all().length === 1) {
    const fresh = masters.make()
    await recordRotation(parts, 'added', 'master', fresh.name)
    fresh.save()
  }
  if (masters.isOneWaiting) {
    await parts.sleep(graceMs)
    masters.promote()
    await parts.sleep(graceMs)
  }
  const [current, ...old] = masters.all()
  const parents = [namelessMaster, ...old.map(parentOf)]
  await closeMasters(record.log, parents)
  const rewrapped = await rewrapAll({ ...record, wraps: parts.wraps }, parents, () => parts.sleep(pauseMs))
  for (const { name } of old) await recordRotation(parts, 'retired', 'master', name)
  masters.destroyOthers()
  return { purpose: 'master', kid: current!.name, retired: old.map(({ name }) => name), rewrapped }
}
