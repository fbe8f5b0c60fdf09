import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { openSqliteStore, type Store } from './adapters/database/sqlite/store.ts'
import { readQuestionnaires, readR4, readSoftware } from './adapters/files/published.ts'
import { openHomeKeys, openMasterKey } from './adapters/keys/home-keys.ts'
import { openTrustFolder } from './adapters/keys/trust-folder.ts'
import { metricsRegistry } from './adapters/metrics/metrics.ts'
import { undiciWebhooks } from './adapters/undici/webhooks.ts'
import { AccessTokens } from './authenticate/access-token.ts'
import type { Config } from './config/config.ts'
import { kinds } from './document/kinds.ts'
import { auditRoutes } from './faces/http/fhir/audit-events.ts'
import { caseRoutes } from './faces/http/fhir/cases.ts'
import { consentRoutes } from './faces/http/fhir/consents.ts'
import { documentRoutes } from './faces/http/fhir/documents.ts'
import { metadataRoute } from './faces/http/fhir/metadata.ts'
import { questionnaireRoutes } from './faces/http/fhir/questionnaires.ts'
import { logRoutes } from './faces/http/log.ts'
import { oauthRoutes } from './faces/http/oauth.ts'
import { operationsRoutes } from './faces/http/operations.ts'
import type { Route } from './faces/http/route.ts'
import { buildServer } from './faces/http/server.ts'
import { compileForms } from './forms/registry.ts'
import { Idempotency } from './journeys/access/idempotency.ts'
import { RefusalRecorder } from './journeys/access/record-refusal.ts'
import { Clockwork } from './journeys/delivery/clockwork.ts'
import type { NotifyParts } from './journeys/delivery/notify.ts'
import type { DepositParts } from './journeys/document/deposit.ts'
import { Keyring } from './record/keyring.ts'
import { Checkpoints } from './record/receipt.ts'
import { recordKey } from './record/seal-record.ts'
import { certificateCheck } from './signature/certificates.ts'
import { readRoots } from './signature/trust.ts'
import { formatVkey, noteKey } from './standards/signed-note.ts'
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

export type GatewayParts = DepositParts & NotifyParts & { readonly tokenSigner: NotifyParts['webhookSigner'] }

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
  const { keys, made } = openHomeKeys(config.home)
  const master = openMasterKey(config.masterKeyFile)
  const store = await openSqliteStore(join(config.home, 'gateway.db'))
  const { parts, clockwork, close } = await buildParts(options, store, { keys, master: master.key, now })
  const refusals = new RefusalRecorder(parts)
  const idempotency = new Idempotency(parts)
  const tokens = new AccessTokens({
    issuer: baseUrl,
    keys: new Map([[keys.publicKeys.token.kid, keys.publicKeys.token.key]]),
    partners: parts.partners
  })
  const metrics = metricsRegistry()
  let isStopping = false

  const fhir: readonly Route[] = [
    ...caseRoutes(parts),
    ...documentRoutes(parts),
    ...consentRoutes(parts),
    ...auditRoutes(parts),
    ...questionnaireRoutes(parts)
  ]
  const routes: readonly Route[] = [
    ...fhir,
    metadataRoute(baseUrl, fhir, readSoftware()),
    ...oauthRoutes({ ...parts, jwks: keys.jwks }, refusals, fhir),
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
    idempotent: (call, caller, handle) =>
      caller === undefined
        ? handle()
        : idempotency.once(call.headers['idempotency-key'], { ...call, caller, route: call.target }, handle),
    isStopping: () => isStopping,
    answered: metrics.answered
  })
  clockwork.start(() => refusals.flush(now()))
  return {
    app,
    routes,
    parts,
    made: [...made, ...(master.made ? [config.masterKeyFile] : [])],
    async stop() {
      isStopping = true
      await app.close()
      await clockwork.stop()
      await refusals.flush(now())
      await close()
      await store.close()
    }
  }
}

type HomeKeys = ReturnType<typeof openHomeKeys>['keys']

const logKeyOf = (baseUrl: string, keys: HomeKeys) => noteKey(`${new URL(baseUrl).host}/log`, keys.publicKeys.log.key)

async function buildParts(
  { config, baseUrl, logger }: GatewayOptions,
  store: Store,
  { keys, master, now }: { readonly keys: HomeKeys; readonly master: Uint8Array; readonly now: () => number }
): Promise<{ parts: GatewayParts; clockwork: Clockwork; close: () => Promise<void> }> {
  const random = (size: number): Uint8Array => randomBytes(size)
  const keyring = new Keyring({ master, wraps: store.wraps, random })
  const reads = await store.reads(
    async (key, context, sealed) => keyring.open(await keyring.key(key), context, sealed),
    async row => {
      const owner = row.document ?? row.case
      const key = recordKey(owner === null ? keyring.logKey : await keyring.key(owner), row.id)
      return { key, event: keyring.open(key, `audit|${row.id}`, row.sealed) }
    }
  )
  const questionnaires = readQuestionnaires()
  const forms = compileForms(questionnaires)
  const r4 = readR4<readonly StructureDefinition[], RequiredCodes>()
  const logKey = logKeyOf(baseUrl, keys)
  const trust = openTrustFolder(config.trustDir, { jwks: keys.jwks, vkey: formatVkey(logKey) })
  const webhooks = undiciWebhooks(config.outboundAllow)
  const { hostname } = new URL(baseUrl)
  const clockwork = new Clockwork(logger, now)
  const parts: GatewayParts = {
    ...reads,
    baseUrl,
    gateway: { name: baseUrl, address: hostname },
    now,
    newId: uuidV7Factory(now, random),
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
    validation: {
      structure: compileStructure(r4.definitions, r4.codes),
      forms: new Map(forms.all.map(form => [form.canonical, form])),
      kinds
    },
    certificates: certificateCheck(readRoots(trust.roots)),
    webhooks,
    webhookSigner: keys.signers.webhook,
    tokenSigner: keys.signers.token
  }
  clockwork.runs(parts)
  return { parts, clockwork, close: () => webhooks.close() }
}
