import { addSigners } from '../adapters/keys/trust-folder.ts'
import { type Config, ConfigError } from '../config/config.ts'
import type { PartnerReads } from '../journeys/ports.ts'

/**
 * Publishes the signing keys of partners to the trust folder; what this process has published is not looked for again.
 * @throws ConfigError where the file is there and cannot be added to
 */
export function signersPublisher({ trustDir }: Config, partners: PartnerReads): () => void {
  const published = new Set<string>()
  return () => {
    const fresh = signersOf(partners).filter(({ name }) => !published.has(name))
    if (fresh.length === 0) return
    try {
      addSigners(trustDir, fresh)
    } catch (error) {
      throw new ConfigError([`${trustDir}: ${(error as Error).message}`])
    }
    for (const { name } of fresh) published.add(name)
  }
}

/** For each organisation that a client acts for, the keys of that client. */
function signersOf(partners: PartnerReads) {
  return partners.all().flatMap(({ organizationIdentifier, signingKeys: { keys }, onBehalfOf = [] }) => {
    if (keys.length === 0) return []
    const kids = keys.map(({ kid }) => kid)
    return [organizationIdentifier, ...onBehalfOf.map(place => place.organizationIdentifier)].map(organization => ({
      organization,
      keys,
      name: JSON.stringify([organization.system, organization.value, kids])
    }))
  })
}
