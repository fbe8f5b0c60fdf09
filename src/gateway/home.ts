import { join } from 'node:path'
import { openSqliteStore, type Store } from '../adapters/database/sqlite/store.ts'
import type { HomeKeys } from '../adapters/keys/home-keys.ts'
import { KeyFileError } from '../adapters/keys/key-file-error.ts'
import type { MasterFile } from '../adapters/keys/master-file.ts'
import { openKeys } from '../adapters/keys/open-keys.ts'
import { pooledRandom } from '../adapters/keys/random.ts'
import type { TlsMaterial } from '../adapters/keys/tls-files.ts'
import { type Config, ConfigError } from '../config/config.ts'
import type { Keyring } from '../record/keyring.ts'
import { MasterKeyMissing } from '../record/master-ring.ts'
import { openKeyring } from '../record/open-keyring.ts'
import { recordKey } from '../record/seal-record.ts'
import { uuidV7Factory } from '../standards/uuid.ts'

/** Keys and store of a home, and what reads and seals there. Missing keys are made. */
export interface Home {
  readonly keys: HomeKeys
  readonly masters: MasterFile
  /** undefined: plain HTTP */
  readonly tls: TlsMaterial | undefined
  /** files that were made just now */
  readonly made: readonly string[]
  readonly store: Store
  readonly keyring: Keyring
  readonly reads: Awaited<ReturnType<Store['reads']>>
  readonly random: (size: number) => Uint8Array
  readonly newId: () => string
}

export async function openHome(config: Config, now: () => number): Promise<Home> {
  const { keys, made, masters, tls } = keysOf(config, now)
  const store = await openSqliteStore(join(config.home, 'gateway.db'))
  const random = pooledRandom()
  const keyring = await keyringOf(config, { masters, wraps: store.wraps, log: store.log, random })
  const reads = await store.reads(
    async (key, context, sealed) => keyring.open(await keyring.key(key), context, sealed),
    async row => {
      const owner = row.document ?? row.case
      const key = recordKey(owner === null ? keyring.logKey : await keyring.key(owner), row.id)
      return { key, event: keyring.open(key, `audit|${row.id}`, row.sealed) }
    }
  )
  return { keys, masters, tls, made, store, keyring, reads, random, newId: uuidV7Factory(now, random) }
}

/** @throws ConfigError for files that others can read, or that hold no key or certificate */
function keysOf({ home, masterKeyFile, tls }: Config, now: () => number) {
  try {
    return openKeys(home, masterKeyFile, now, tls)
  } catch (error) {
    return asConfigError(error)
  }
}

/** @throws ConfigError where a key that lies in a token does not sign */
export async function tryTokens({ keys, store }: Home): Promise<void> {
  try {
    await keys.tryTokens()
  } catch (error) {
    await Promise.all([keys.close(), store.close()])
    asConfigError(error)
  }
}

/** @throws ConfigError where the master keys are not those of this store */
async function keyringOf({ masterKeyFile }: Config, parts: Parameters<typeof openKeyring>[0]): Promise<Keyring> {
  try {
    return await openKeyring(parts)
  } catch (error) {
    if (!(error instanceof MasterKeyMissing)) throw error
    throw new ConfigError([`${masterKeyFile}: holds no master key of this store`])
  }
}

/** @throws ConfigError for key files that cannot be read or written, else the error itself */
export function asConfigError(error: unknown): never {
  throw error instanceof KeyFileError ? new ConfigError(error.problems) : error
}
