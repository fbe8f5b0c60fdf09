import { derive, Keyring, type KeyringParts, type StoreSecrets } from './keyring.ts'
import { MasterKeyMissing, MasterRing } from './master-ring.ts'
import type { KeyWraps, RecordLog } from './ports.ts'

export interface OpenKeyringParts extends Omit<KeyringParts, 'secrets'> {
  readonly wraps: KeyWraps
  readonly log: Pick<RecordLog, 'note'>
}

/** ids of their wraps; no case has such an id */
const ids = { index: 'secret/index', log: 'secret/log' } as const

/**
 * The keyring of a store. Its secrets are made where it is new. In a store of an earlier version they followed from the master
 * key: they stay what they were, and are wrapped from now on, so that the master can change and index and log do not.
 * @throws MasterKeyMissing where the masters at hand are not this store's
 */
export async function openKeyring({ log, ...parts }: OpenKeyringParts): Promise<Keyring> {
  if (!(await parts.wraps.keyWrap(ids.index))) await makeSecrets({ log, ...parts })
  return new Keyring({ ...parts, secrets: await readSecrets(parts) })
}

/** Of several gateways that start at once on an empty store the first makes them. */
async function makeSecrets({ masters, wraps, log, random }: OpenKeyringParts): Promise<void> {
  const ring = new MasterRing(masters, random)
  const earlier = (await wraps.isUsed()) ? masters.all().at(-1)?.key : undefined
  const rows = (['index', 'log'] as const).map(purpose =>
    ring.wrap(ids[purpose], earlier ? derive(earlier, purpose) : random(32))
  )
  const guards = rows.map(
    ({ id }) => ({ kind: 'unchanged', table: 'keyWrap', key: { id }, column: 'parent', value: 0 }) as const
  )
  await log.note([{ table: 'keyWrap', rows }], guards)
}

/** @throws MasterKeyMissing */
export async function readSecrets({
  masters,
  wraps,
  random
}: Pick<KeyringParts, 'masters' | 'wraps' | 'random'>): Promise<StoreSecrets> {
  const ring = new MasterRing(masters, random)
  const read = async (id: string): Promise<Uint8Array> => {
    const wrap = await wraps.keyWrap(id)
    const key = wrap && ring.open({ id, ...wrap })
    if (!key) throw new MasterKeyMissing()
    return key
  }
  return { index: await read(ids.index), log: await read(ids.log) }
}
