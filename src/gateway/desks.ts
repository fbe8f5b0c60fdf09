import { setTimeout as sleep } from 'node:timers/promises'
import { exclusivelyIn } from '../adapters/keys/exclusively.ts'
import type { Config } from '../config/config.ts'
import { localOrigin } from '../faces/command/local-origin.ts'
import type { RotateParts } from '../journeys/keys/rotate-keys.ts'
import type { InviteParts } from '../journeys/person/invite-person.ts'
import { asConfigError, openHome } from './home.ts'
import { gatewayNamed } from './own-keys.ts'
import { signersPublisher } from './signers.ts'

/** What `ryoritsu partner` works with: the home's store alone, also while a gateway serves from it. */
export async function openPartners(
  config: Config,
  now: () => number
): Promise<{ readonly parts: InviteParts; close(): Promise<void> }> {
  const { store, keyring, reads, random, newId } = await openHome(config, now)
  const publishSigners = signersPublisher(config, reads.partners)
  publishSigners()
  const gateway = gatewayNamed(config.baseUrl ?? localOrigin({ ...config.listen, isTls: config.tls !== undefined }))
  const record = { log: store.log, keyring }
  const { partners, persons } = reads
  const parts: InviteParts = { partners, persons, record, gateway, now, newId, random }
  return {
    parts,
    async close() {
      publishSigners()
      await store.close()
    }
  }
}

/** What `ryoritsu keys` works with: the home's keys and store, also while gateways serve from it. */
export async function openKeyDesk(
  config: Config,
  now: () => number
): Promise<{ readonly parts: RotateParts; close(): Promise<void> }> {
  const { store, keys, masters, keyring, newId } = await openHome(config, now)
  const gateway = gatewayNamed(config.baseUrl ?? localOrigin(config.listen))
  const exclusively = exclusivelyIn(config.home)
  const parts: RotateParts = {
    record: { log: store.log, keyring },
    wraps: store.wraps,
    keys,
    masters,
    gateway,
    now,
    newId,
    sleep,
    exclusively: work => exclusively(work).catch(asConfigError)
  }
  return { parts, close: async () => void (await Promise.all([keys.close(), store.close()])) }
}
