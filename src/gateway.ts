import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { openSqliteStore, type Store } from './adapters/database/sqlite/store.ts'
import { readOpenApi, readQuestionnaires, readR4, readSoftware } from './adapters/files/published.ts'
import { ProcessJudge } from './adapters/judge/process-judge.ts'
import { exclusivelyIn } from './adapters/keys/exclusively.ts'
import type { HomeKeys } from './adapters/keys/home-keys.ts'
import { KeyFileError } from './adapters/keys/key-file-error.ts'
import type { MasterFile } from './adapters/keys/master-file.ts'
import { openKeys } from './adapters/keys/open-keys.ts'
import { pooledRandom } from './adapters/keys/random.ts'
import type { TlsMaterial } from './adapters/keys/tls-files.ts'
import {
  addSigners,
  keyPublisher,
  openTrustFolder,
  readRevocation,
  readTrustFolder,
  type TrustRules
} from './adapters/keys/trust-folder.ts'
import { watchKeys } from './adapters/keys/watch-keys.ts'
import { metricsRegistry } from './adapters/metrics/metrics.ts'
import { openIdProvider } from './adapters/openid/open-id-provider.ts'
import { readOpenIdSettings } from './adapters/openid/read-open-id.ts'
import { guardedOutbound } from './adapters/undici/guarded.ts'
import { undiciKeySets } from './adapters/undici/key-sets.ts'
import { undiciRevocation } from './adapters/undici/revocation.ts'
import { undiciTimestamps } from './adapters/undici/timestamps.ts'
import { undiciWebhooks } from './adapters/undici/webhooks.ts'
import { AccessTokens } from './authenticate/access-token.ts'
import { PublishedKeys } from './authenticate/published-keys.ts'
import { type Config, ConfigError } from './config/config.ts'
import { kinds } from './document/kinds.ts'
import type { SignaturePolicy } from './document/signature-policy.ts'
import { localOrigin } from './faces/command/local-origin.ts'
import { auditRoutes } from './faces/http/fhir/audit-events.ts'
import { binaryRoutes } from './faces/http/fhir/binaries.ts'
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
import { proofsOf } from './journeys/access/proofs.ts'
import { RefusalRecorder } from './journeys/access/record-refusal.ts'
import { RevokedTokens } from './journeys/access/revoked-tokens.ts'
import { Clockwork } from './journeys/delivery/clockwork.ts'
import type { NotifyParts } from './journeys/delivery/notify.ts'
import type { DepositParts } from './journeys/document/deposit.ts'
import { formJudge } from './journeys/document/judge-form.ts'
import { RevocationStore } from './journeys/document/revocation-data.ts'
import type { ValidateFileParts } from './journeys/document/validate-file.ts'
import type { ValidateParts } from './journeys/document/validate-resource.ts'
import type { RotateParts } from './journeys/keys/rotate-keys.ts'
import { PartnerWatch } from './journeys/partner/watch-partners.ts'
import { enterSession } from './journeys/person/enter.ts'
import type { InviteParts } from './journeys/person/invite-person.ts'
import { partnerDirectory } from './journeys/person/person-of.ts'
import type { PartnerReads } from './journeys/ports.ts'
import type { Stamping } from './journeys/time/ask-authority.ts'
import type { VerifyTrust } from './journeys/verify/verification.ts'
import type { Keyring } from './record/keyring.ts'
import { MasterKeyMissing } from './record/master-ring.ts'
import { openKeyring } from './record/open-keyring.ts'
import { Checkpoints } from './record/receipt.ts'
import { recordKey } from './record/seal-record.ts'
import { type Anchor, readAnchors, TrustFileError } from './signature/anchors.ts'
import { certificateCheck } from './signature/certificates.ts'
import { readSignaturePolicy } from './signature/policy-file.ts'
import { revocationCheck } from './signature/revocation/check.ts'
import { authorityCheck } from './signature/timestamp.ts'
import { readGatewayKeys, readRoots, readSignerKeys } from './signature/trust.ts'
import { compileFhirXml } from './standards/fhir-xml.ts'
import { inNetworks } from './standards/networks.ts'
import { formatVkey, type NoteSigner, noteKey, parseVkey } from './standards/signed-note.ts'
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
  const { keys, masters, store } = home
  await tryTokens(home)
  const r4 = readDefinitions()
  const { parts, clockwork, close } = await buildParts(options, home, now, r4)
  const judge = new ProcessJudge({ entry: new URL('./judge-process.ts', import.meta.url) })
  const refusals = new RefusalRecorder(parts)
  const idempotency = new Idempotency(parts)
  const revoked = new RevokedTokens(parts.revocations, now)
  await revoked.refresh()
  const proofs = proofsOf(parts.record)
  const tokens = new AccessTokens({
    issuer: baseUrl,
    keys: keys.tokenKeys,
    partners: partnerDirectory(parts),
    isRevoked: jti => revoked.has(jti),
    proofs,
    sessions: parts.persons
  })
  const openId = openIdProviders(config, now)
  const metrics = metricsRegistry()
  let isStopping = false

  const fhir: readonly Route[] = [
    ...caseRoutes(parts),
    ...documentRoutes(parts),
    ...binaryRoutes(parts),
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
    ...plainRoutes(
      { ...parts, allow: { workerClients: config.allowWorkerClients }, providers: openId.providers },
      readOpenApi()
    ),
    ...oauthRoutes(
      { ...parts, jwks: () => keys.published(), tokens, revoked, seesCertificates: seesCertificates(config) },
      refusals,
      fhir
    ),
    ...logRoutes({ ...parts, vkeys: () => vkeysOf(keys, baseUrl) }),
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
    tls: home.tls,
    isProxy: inNetworks(config.trustedProxies),
    authenticate: (presented, at) => tokens.callerOf(presented, at),
    proofNonce: proofs.nonces.at,
    enter: call => enterSession(parts, call),
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
    signersPublisher(config, parts.partners)
  )
  watch.start()
  const publish = keyPublisher(config.trustDir)
  const keyWatch = watchKeys([() => keys.look(), () => masters.look(), () => publish(ownKeys(keys, baseUrl))], logger)
  return {
    app,
    routes,
    parts,
    made: home.made,
    async stop() {
      isStopping = true
      await Promise.all([app.close(), judge.close()])
      await clockwork.stop()
      keyWatch.stop()
      await watch.stop()
      await refusals.flush(now())
      await Promise.all([close(), openId.close()])
      await keys.close()
      await store.close()
    }
  }
}

const logNameOf = (baseUrl: string) => `${new URL(baseUrl).host}/log`

/** All keys that the log was ever signed with, newest first. */
const vkeysOf = (keys: HomeKeys, baseUrl: string): readonly string[] =>
  keys
    .all('log')
    .map(({ publicKey }) => formatVkey(noteKey(logNameOf(baseUrl), publicKey)))
    .reverse()

const ownKeys = (keys: HomeKeys, baseUrl: string) => ({ jwks: keys.published(), vkeys: vkeysOf(keys, baseUrl) })

/** Every log key that can sign does: while it is rotated, the old and the new one. */
function logSigners(keys: HomeKeys, name: string): () => readonly NoteSigner[] {
  let known: ReturnType<HomeKeys['all']> | undefined
  let signers: readonly NoteSigner[] = []
  return () => {
    const now = keys.all('log')
    if (now !== known) {
      known = now
      signers = now.flatMap(({ publicKey, signer }) =>
        signer ? [{ key: noteKey(name, publicKey), sign: (input: Uint8Array) => signer.sign(input) }] : []
      )
    }
    return signers
  }
}

/** Keys and store of a home, and what reads and seals there. Missing keys are made. */
interface Home {
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

async function openHome(config: Config, now: () => number): Promise<Home> {
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
async function tryTokens({ keys, store }: Home): Promise<void> {
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

/** Whether certificates of clients come here at all, by TLS or in `Client-Cert`. */
const seesCertificates = ({ tls, trustedProxies }: Config) => tls !== undefined || trustedProxies.length > 0

async function buildParts(
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

/** @throws ConfigError where the file is there and holds something else */
function timestampAnchors(folder: string, text: string): readonly Buffer[] {
  try {
    return readRoots(text, 'tsa-roots.pem')
  } catch (error) {
    throw new ConfigError([`${join(folder, 'tsa-roots.pem')}: ${(error as Error).message}`])
  }
}

/** @throws ConfigError for a file of providers that is not one, and for secrets that others can read */
function openIdProviders({ openIdFile, outboundAllow }: Config, now: () => number) {
  try {
    const all = openIdFile === undefined ? [] : readOpenIdSettings(openIdFile)
    const outbound = guardedOutbound(outboundAllow)
    const providers = new Map(all.map(each => [each.name, openIdProvider(each, outbound, now)]))
    return { providers, close: () => outbound.close() }
  } catch (error) {
    return asConfigError(error)
  }
}

/** How the log names this gateway. */
const gatewayNamed = (baseUrl: string) => ({ name: baseUrl, address: new URL(baseUrl).hostname })

/**
 * Publishes the signing keys of partners to the trust folder; what this process has published is not looked for again.
 * @throws ConfigError where the file is there and cannot be added to
 */
function signersPublisher({ trustDir }: Config, partners: PartnerReads): () => void {
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

/** @throws ConfigError for key files that cannot be read or written, else the error itself */
function asConfigError(error: unknown): never {
  throw error instanceof KeyFileError ? new ConfigError(error.problems) : error
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
  const { anchors } = readTrustRules(folder, files)
  const authorities = timestampAnchors(folder, files.timestampRoots ?? '')
  return {
    certificates: anchors.length > 0 ? certificateCheck(anchors) : undefined,
    authorities: authorities.length > 0 ? authorityCheck(authorities) : undefined,
    revocation: readRevocation(join(folder, 'revocation')),
    signers: read('signers.jwks.json', files.signers, readSignerKeys) ?? [],
    gatewayKeys: read('gateway.jwks.json', files.gatewayKeys, readGatewayKeys) ?? new Map(),
    logKeys: read('log.vkey', files.logKeys, readVkeys) ?? []
  }
}

/** CRLs and OCSP responses that came with a document, for `ryoritsu verify`; none where there is no such folder. */
export const openRevocation = (folder: string): readonly Uint8Array[] => readRevocation(folder)

/** @throws ConfigError with everything that is wrong with roots.pem, anchors.json and signature-policy.json */
function readTrustRules(
  folder: string,
  files: TrustRules
): { readonly anchors: readonly Anchor[]; readonly signaturePolicy: SignaturePolicy } {
  const problems: string[] = []
  const read = <Value>(file: string, reader: () => Value): Value | undefined => {
    try {
      return reader()
    } catch (error) {
      const found = error instanceof TrustFileError ? error.problems : [(error as Error).message]
      problems.push(...found.map(problem => `${join(folder, file)}: ${problem}`))
      return undefined
    }
  }
  const roots = read('roots.pem', () => readRoots(files.roots ?? ''))
  const anchors = roots && read('anchors.json', () => readAnchors(roots, files.anchors))
  const signaturePolicy = read('signature-policy.json', () => readSignaturePolicy(files.signaturePolicy))
  if (!anchors || !signaturePolicy) throw new ConfigError(problems)
  return { anchors, signaturePolicy }
}

/** One key a line. */
const readVkeys = (text: string) => text.split(/\r?\n/u).filter(Boolean).map(parseVkey)
