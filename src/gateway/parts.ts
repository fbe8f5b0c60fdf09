import { join } from 'node:path'
import type { Logger } from 'pino'
import { readQuestionnaires } from '../adapters/files/published.ts'
import { openTrustFolder } from '../adapters/keys/trust-folder.ts'
import { openIdProvider } from '../adapters/openid/open-id-provider.ts'
import { readOpenIdSettings } from '../adapters/openid/read-open-id.ts'
import { guardedOutbound } from '../adapters/undici/guarded.ts'
import { undiciKeySets } from '../adapters/undici/key-sets.ts'
import { undiciRevocation } from '../adapters/undici/revocation.ts'
import { undiciTimestamps } from '../adapters/undici/timestamps.ts'
import { undiciWebhooks } from '../adapters/undici/webhooks.ts'
import { PublishedKeys } from '../authenticate/published-keys.ts'
import { type Config, ConfigError } from '../config/config.ts'
import { compileForms } from '../forms/registry.ts'
import { Clockwork } from '../journeys/delivery/clockwork.ts'
import type { NotifyParts } from '../journeys/delivery/notify.ts'
import type { DepositParts } from '../journeys/document/deposit.ts'
import { RevocationStore } from '../journeys/document/revocation-data.ts'
import type { ValidateParts } from '../journeys/document/validate-resource.ts'
import type { Stamping } from '../journeys/time/ask-authority.ts'
import { Checkpoints } from '../record/receipt.ts'
import { certificateCheck } from '../signature/certificates.ts'
import { revocationCheck } from '../signature/revocation/check.ts'
import { authorityCheck } from '../signature/timestamp.ts'
import { uuidV4 } from '../standards/uuid.ts'
import { asConfigError, type Home } from './home.ts'
import { gatewayNamed, logNameOf, logSigners, ownKeys } from './own-keys.ts'
import { readTrustRules, timestampAnchors } from './trust.ts'
import { type Definitions, openValidation } from './validation.ts'

export interface GatewayOptions {
  readonly config: Config
  /** `{b}` without a slash at its end */
  readonly baseUrl: string
  readonly logger: Logger
  /** milliseconds since 1970; a test may move it */
  readonly now?: () => number
}

export type GatewayParts = DepositParts &
  NotifyParts & { readonly tokenSigner: NotifyParts['webhookSigner']; readonly validation: ValidateParts }

/** What the journeys lean on, and the clockwork that runs some of them; it does not run yet. */
export async function buildParts(
  { config, baseUrl, logger }: GatewayOptions,
  { keys, store, keyring, reads, random, newId }: Home,
  now: () => number,
  r4: Definitions
): Promise<{ parts: GatewayParts; clockwork: Clockwork; close: () => Promise<void> }> {
  const questionnaires = readQuestionnaires()
  const forms = compileForms(questionnaires)
  const log = logNameOf(baseUrl)
  const trust = openTrustFolder(config.trustDir, ownKeys(keys, baseUrl))
  const rules = readTrustRules(config.trustDir, trust)
  const webhooks = undiciWebhooks(config.outboundAllow)
  const revocationFetch = undiciRevocation(config.outboundAllow)
  const revocationStore = new RevocationStore({ fetch: revocationFetch, reads: reads.revocationData, now })
  const keySets = undiciKeySets(config.outboundAllow)
  const authority = openStamping(config, trust.timestampRoots)
  if (!authority) logger.info('RYORITSU_TSA_URL is not set: signatures and log get no time-stamps')
  const clockwork = new Clockwork(logger, now)
  const parts: GatewayParts = {
    ...reads,
    baseUrl,
    gateway: gatewayNamed(baseUrl),
    now,
    newId,
    randomId: () => uuidV4(random(16)),
    random,
    record: { log: store.log, keyring },
    receipts: {
      issuer: baseUrl,
      signer: keys.signer('receipt'),
      checkpoints: new Checkpoints(log, logSigners(keys, log))
    },
    forms,
    questionnaires: new Map(questionnaires.map(form => [`${form.url}|${form.version}`, form])),
    documentSigner: keys.signer('document'),
    wake: () => clockwork.wake(),
    limits: config.limits,
    validation: openValidation(forms, r4),
    stamping: authority?.stamping,
    certificates: certificateCheck(rules.anchors),
    revocation: revocationCheck(revocationStore),
    revocationStore,
    signaturePolicy: rules.signaturePolicy,
    webhooks,
    published: new PublishedKeys(keySets),
    webhookSigner: keys.signer('webhook'),
    tokenSigner: keys.signer('token')
  }
  clockwork.runs(parts)
  return {
    parts,
    clockwork,
    async close() {
      await Promise.all([webhooks.close(), keySets.close(), revocationFetch.close(), authority?.close()])
    }
  }
}

/**
 * The time-stamping authority, where one is set.
 * @throws ConfigError where no anchor could ever believe it
 */
function openStamping(
  { tsaUrl, tsaPolicies, outboundAllow, trustDir }: Config,
  roots: string
): { readonly stamping: Stamping; close(): Promise<void> } | undefined {
  const anchors = timestampAnchors(trustDir, roots)
  if (tsaUrl === undefined) return undefined
  if (anchors.length === 0)
    throw new ConfigError([`RYORITSU_TSA_URL: ${join(trustDir, 'tsa-roots.pem')} holds no anchor to believe it by`])
  const service = undiciTimestamps(tsaUrl, outboundAllow)
  const trust = { authorities: authorityCheck(anchors), policies: tsaPolicies }
  return { stamping: { service, trust }, close: () => service.close() }
}

/** @throws ConfigError for a file of providers that is not one, and for secrets that others can read */
export function openIdProviders({ openIdFile, outboundAllow }: Config, now: () => number) {
  try {
    const all = openIdFile === undefined ? [] : readOpenIdSettings(openIdFile)
    const outbound = guardedOutbound(outboundAllow)
    const providers = new Map(all.map(each => [each.name, openIdProvider(each, outbound, now)]))
    return { providers, close: () => outbound.close() }
  } catch (error) {
    return asConfigError(error)
  }
}
