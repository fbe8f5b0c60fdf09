import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { openSqliteStore, type Store } from './adapters/database/sqlite/store.ts'
import { readOpenApi, readQuestionnaires, readR4, readSoftware } from './adapters/files/published.ts'
import { ProcessJudge } from './adapters/judge/process-judge.ts'
import { type GatewayKeys, KeyFileError, openKeys } from './adapters/keys/home-keys.ts'
import { pooledRandom } from './adapters/keys/random.ts'
import { addSigners, openTrustFolder, readTrustFolder } from './adapters/keys/trust-folder.ts'
import { metricsRegistry } from './adapters/metrics/metrics.ts'
import { undiciWebhooks } from './adapters/undici/webhooks.ts'
import { AccessTokens } from './authenticate/access-token.ts'
import { type Config, ConfigError } from './config/config.ts'
import { kinds } from './document/kinds.ts'
import { localOrigin } from './faces/command/local-origin.ts'
import { auditRoutes } from './faces/http/fhir/audit-events.ts'
import { caseRoutes } from './faces/http/fhir/cases.ts'
import { consentRoutes } from './faces/http/fhir/consents.ts'
import { documentRoutes } from './faces/http/fhir/documents.ts'
import { extractRoute } from './faces/http/fhir/extract.ts'
import { metadataRoute } from './faces/http/fhir/metadata.ts'
import { questionnaireRoutes } from './faces/http/fhir/questionnaires.ts'
import { signingRoutes } from './faces/http/fhir/signing.ts'
import { validateRoutes } from './faces/http/fhir/validate.ts'
import { logRoutes } from './faces/http/log.ts'
import { oauthRoutes } from './faces/http/oauth.ts'
import { operationsRoutes } from './faces/http/operations.ts'
import { plainRoutes } from './faces/http/plain/routes.ts'
import type { Route } from './faces/http/route.ts'
import { buildServer } from './faces/http/server.ts'
import { loadEngines } from './forms/load-engines.ts'
import { compileForms } from './forms/registry.ts'
import { Idempotency } from './journeys/access/idempotency.ts'
import { RefusalRecorder } from './journeys/access/record-refusal.ts'
import { RevokedTokens } from './journeys/access/revoked-tokens.ts'
import { Clockwork } from './journeys/delivery/clockwork.ts'
import type { NotifyParts } from './journeys/delivery/notify.ts'
import type { DepositParts } from './journeys/document/deposit.ts'
import { formJudge } from './journeys/document/judge-form.ts'
import type { ValidateFileParts } from './journeys/document/validate-file.ts'
import type { ValidateParts } from './journeys/document/validate-resource.ts'
import type { PartnerParts } from './journeys/partner/add-partner.ts'
import { PartnerWatch } from './journeys/partner/watch-partners.ts'
import type { PartnerReads } from './journeys/ports.ts'
import type { VerifyTrust } from './journeys/verify/verification.ts'
import { Keyring } from './record/keyring.ts'
import { Checkpoints } from './record/receipt.ts'
import { recordKey } from './record/seal-record.ts'
import { type Anchor, readAnchors, TrustFileError } from './signature/anchors.ts'
import { certificateCheck } from './signature/certificates.ts'
import { readGatewayKeys, readRoots, readSignerKeys } from './signature/trust.ts'
import { compileFhirXml } from './standards/fhir-xml.ts'
import { formatVkey, noteKey, parseVkey } from './standards/signed-note.ts'
import { uuidV4, uuidV7Factory } from './standards/uuid.ts'
import type { RequiredCodes, StructureDefinition } from './validate/definitions.ts'
import { compileStructure } from './validate/structure.ts'

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

export interface Gateway {
  readonly app: FastifyInstance
  readonly routes: readonly Route[]
  readonly parts: GatewayParts
  /** files that this start made in an empty home */
  readonly made: readonly string[]
  /** takes no new requests, finishes those under way, writes what was counted, closes the store */
  stop(): Promise<void>
}

/** Builds every part and hands it on: the only file that knows every folder. The server does not listen yet. */
export async function buildGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, baseUrl, logger } = options
  const now = options.now ?? Date.now
  const home = await openHome(config, now)
  const { keys, store } = home
  const r4 = readDefinitions()
  const { parts, clockwork, close } = await buildParts(options, home, now, r4)
  const judge = new ProcessJudge({ entry: new URL('./judge-process.ts', import.meta.url) })
  const refusals = new RefusalRecorder(parts)
  const idempotency = new Idempotency(parts)
  const revoked = new RevokedTokens(parts.revocations, now)
  await revoked.refresh()
  const tokens = new AccessTokens({
    issuer: baseUrl,
    keys: new Map([[keys.publicKeys.token.kid, keys.publicKeys.token.key]]),
    partners: parts.partners,
    isRevoked: jti => revoked.has(jti)
  })
  const metrics = metricsRegistry()
  let isStopping = false

  const fhir: readonly Route[] = [
    ...caseRoutes(parts),
    ...documentRoutes(parts),
    ...signingRoutes(parts),
    ...consentRoutes(parts),
    ...auditRoutes(parts),
    ...questionnaireRoutes(parts),
    extractRoute(parts),
    ...validateRoutes(parts.validation, judge)
  ]
  const routes: readonly Route[] = [
    ...fhir,
    metadataRoute(baseUrl, fhir, readSoftware()),
    ...plainRoutes(parts, readOpenApi()),
    ...oauthRoutes({ ...parts, jwks: keys.jwks, tokens, revoked }, refusals, fhir),
    ...logRoutes({ ...parts, vkey: formatVkey(logKeyOf(baseUrl, keys)) }),
    ...operationsRoutes({
      notReady: async () =>
        isStopping
          ? 'draining'
          : await store.ping().then(
              () => undefined,
              () => 'store-unavailable' as const
            ),
      metrics: async () => metrics.text()
    })
  ]
  const app = buildServer({
    routes,
    logger,
    limits: config.limits,
    now,
    requestId: parts.newId,
    authenticate: (authorization, at, address) => tokens.callerOf(authorization, at, address),
    refused: (refusal, { call, caller }) => refusals.record(refusal, call, caller),
    idempotent: (call, { caller, isDecidedAnew }, handle) =>
      caller === undefined
        ? handle()
        : idempotency.once(
            call.headers['idempotency-key'],
            {
              ...call,
              caller,
              route: call.query.size === 0 ? call.target : `${call.target}?${call.query}`,
              isDecidedAnew
            },
            handle
          ),
    isStopping: () => isStopping,
    xml: compileFhirXml(r4.definitions),
    answered: metrics.answered
  })
  clockwork.start(() => refusals.flush(now()))
  const watch = new PartnerWatch(
    { all: parts.partners.all, refresh: () => Promise.all([parts.partners.refresh(), revoked.refresh()]) },
    logger,
    () => publishSigners(config, parts.partners)
  )
  watch.start()
  return {
    app,
    routes,
    parts,
    made: home.made,
    async stop() {
      isStopping = true
      await Promise.all([app.close(), judge.close()])
      await clockwork.stop()
      await watch.stop()
      await refusals.flush(now())
      await close()
      await store.close()
    }
  }
}

const logKeyOf = (baseUrl: string, keys: GatewayKeys) =>
  noteKey(`${new URL(baseUrl).host}/log`, keys.publicKeys.log.key)

/** Keys and store of a home, and what reads and seals there. Missing keys are made. */
interface Home {
  readonly keys: GatewayKeys
  /** files that were made just now */
  readonly made: readonly string[]
  readonly store: Store
  readonly keyring: Keyring
  readonly reads: Awaited<ReturnType<Store['reads']>>
  readonly random: (size: number) => Uint8Array
  readonly newId: () => string
}

async function openHome(config: Config, now: () => number): Promise<Home> {
  const { keys, made, master } = keysOf(config)
  const store = await openSqliteStore(join(config.home, 'gateway.db'))
  const random = pooledRandom()
  const keyring = new Keyring({ master, wraps: store.wraps, random })
  const reads = await store.reads(
    async (key, context, sealed) => keyring.open(await keyring.key(key), context, sealed),
    async row => {
      const owner = row.document ?? row.case
      const key = recordKey(owner === null ? keyring.logKey : await keyring.key(owner), row.id)
      return { key, event: keyring.open(key, `audit|${row.id}`, row.sealed) }
    }
  )
  return { keys, made, store, keyring, reads, random, newId: uuidV7Factory(now, random) }
}

/** @throws ConfigError for key files that others can read, or that hold no key */
function keysOf({ home, masterKeyFile }: Config) {
  try {
    return openKeys(home, masterKeyFile)
  } catch (error) {
    throw error instanceof KeyFileError ? new ConfigError(error.problems) : error
  }
}

async function buildParts(
  { config, baseUrl, logger }: GatewayOptions,
  { keys, store, keyring, reads, random, newId }: Home,
  now: () => number,
  r4: Definitions
): Promise<{ parts: GatewayParts; clockwork: Clockwork; close: () => Promise<void> }> {
  const questionnaires = readQuestionnaires()
  const forms = compileForms(questionnaires)
  const logKey = logKeyOf(baseUrl, keys)
  const trust = openTrustFolder(config.trustDir, { jwks: keys.jwks, vkey: formatVkey(logKey) })
  const webhooks = undiciWebhooks(config.outboundAllow)
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
      signer: keys.signers.receipt,
      checkpoints: new Checkpoints(logKey.name, { key: logKey, sign: input => keys.signers.log.sign(input) })
    },
    forms,
    questionnaires: new Map(questionnaires.map(form => [`${form.url}|${form.version}`, form])),
    documentSigner: keys.signers.document,
    wake: () => clockwork.wake(),
    limits: config.limits,
    validation: openValidation(forms, r4),
    certificates: certificateCheck(trustedAnchors(config.trustDir, trust)),
    webhooks,
    webhookSigner: keys.signers.webhook,
    tokenSigner: keys.signers.token
  }
  clockwork.runs(parts)
  return { parts, clockwork, close: () => webhooks.close() }
}

/** How the log names this gateway. */
const gatewayNamed = (baseUrl: string) => ({ name: baseUrl, address: new URL(baseUrl).hostname })

/** @throws ConfigError where the file is there and cannot be added to */
function publishSigners({ trustDir }: Config, partners: PartnerReads): void {
  const signers = partners.all().map(({ organizationIdentifier, signingKeys }) => ({
    organization: organizationIdentifier,
    keys: signingKeys.keys
  }))
  try {
    addSigners(trustDir, signers)
  } catch (error) {
    throw new ConfigError([`${trustDir}: ${(error as Error).message}`])
  }
}

/** What `ryoritsu partner` works with: the home's store alone, also while a gateway serves from it. */
export async function openPartners(
  config: Config,
  now: () => number
): Promise<{ readonly parts: PartnerParts; close(): Promise<void> }> {
  const { store, keyring, reads, newId } = await openHome(config, now)
  publishSigners(config, reads.partners)
  const gateway = gatewayNamed(config.baseUrl ?? localOrigin(config.listen))
  const parts: PartnerParts = { partners: reads.partners, record: { log: store.log, keyring }, gateway, now, newId }
  return {
    parts,
    async close() {
      publishSigners(config, reads.partners)
      await store.close()
    }
  }
}

type Definitions = ReturnType<typeof readDefinitions>
const readDefinitions = () => readR4<readonly StructureDefinition[], RequiredCodes>()

/** What `$validate` works with: R4, the profile and the published forms. */
export function openValidation(forms = compileForms(readQuestionnaires()), r4 = readDefinitions()): ValidateParts {
  return {
    structure: compileStructure(r4.definitions, r4.codes),
    forms: new Map(forms.all.map(form => [form.canonical, form])),
    kinds,
    resourceTypes: resourceTypesIn(r4.codes)
  }
}

/** All types of R4 of which there are resources. */
function resourceTypesIn({ closed }: RequiredCodes): ReadonlySet<string> {
  const codes = closed['http://hl7.org/fhir/ValueSet/resource-types|4.0.1']!['http://hl7.org/fhir/resource-types']!
  return new Set(codes.filter(type => type !== 'Resource' && type !== 'DomainResource'))
}

/** What `ryoritsu validate` works with: the same, with forms from files judged in this process. */
export function openFileValidation(): ValidateFileParts {
  const r4 = readDefinitions()
  let judge: ReturnType<typeof formJudge> | undefined
  return {
    ...openValidation(compileForms(readQuestionnaires()), r4),
    xml: compileFhirXml(r4.definitions),
    judge: {
      async judge(request) {
        judge ??= formJudge(await loadEngines())
        return { issues: judge(request) }
      }
    }
  }
}

/**
 * What `ryoritsu verify` believes: the files of this folder and nothing else.
 * @throws ConfigError for a file that is there and cannot be read as what it should be
 */
export function openTrust(folder: string): VerifyTrust {
  const files = readTrustFolder(folder)
  const read = <Value>(name: string, text: string | undefined, reader: (text: string) => Value): Value | undefined => {
    try {
      return text === undefined ? undefined : reader(text)
    } catch (error) {
      throw new ConfigError([`${join(folder, name)}: ${(error as Error).message}`])
    }
  }
  const anchors = trustedAnchors(folder, files)
  return {
    certificates: anchors.length > 0 ? certificateCheck(anchors) : undefined,
    signers: read('signers.jwks.json', files.signers, readSignerKeys) ?? [],
    gatewayKeys: read('gateway.jwks.json', files.gatewayKeys, readGatewayKeys) ?? new Map(),
    logKeys: read('log.vkey', files.logKeys, readVkeys) ?? []
  }
}

/** @throws ConfigError with everything that is wrong with roots.pem and anchors.json */
function trustedAnchors(
  folder: string,
  files: { readonly roots: string | undefined; readonly anchors: string | undefined }
): readonly Anchor[] {
  let file = 'roots.pem'
  try {
    const roots = readRoots(files.roots ?? '')
    file = 'anchors.json'
    return readAnchors(roots, files.anchors)
  } catch (error) {
    const problems = error instanceof TrustFileError ? error.problems : [(error as Error).message]
    throw new ConfigError(problems.map(problem => `${join(folder, file)}: ${problem}`))
  }
}

/** One key a line. */
const readVkeys = (text: string) => text.split(/\r?\n/u).filter(Boolean).map(parseVkey)
