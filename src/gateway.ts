import type { FastifyInstance } from 'fastify'
import { readOpenApi, readSoftware } from './adapters/files/published.ts'
import { ProcessJudge } from './adapters/judge/process-judge.ts'
import { keyPublisher } from './adapters/keys/trust-folder.ts'
import { watchKeys } from './adapters/keys/watch-keys.ts'
import { metricsRegistry } from './adapters/metrics/metrics.ts'
import { AccessTokens } from './authenticate/access-token.ts'
import type { Config } from './config/config.ts'
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
import { openHome, tryTokens } from './gateway/home.ts'
import { ownKeys, vkeysOf } from './gateway/own-keys.ts'
import { buildParts, type GatewayOptions, type GatewayParts, openIdProviders } from './gateway/parts.ts'
import { signersPublisher } from './gateway/signers.ts'
import { readDefinitions } from './gateway/validation.ts'
import { Idempotency } from './journeys/access/idempotency.ts'
import { proofsOf } from './journeys/access/proofs.ts'
import { RefusalRecorder } from './journeys/access/record-refusal.ts'
import { RevokedTokens } from './journeys/access/revoked-tokens.ts'
import { PartnerWatch } from './journeys/partner/watch-partners.ts'
import { enterSession } from './journeys/person/enter.ts'
import { partnerDirectory } from './journeys/person/person-of.ts'
import { compileFhirXml } from './standards/fhir-xml.ts'
import { inNetworks } from './standards/networks.ts'

export interface Gateway {
  readonly app: FastifyInstance
  readonly routes: readonly Route[]
  readonly parts: GatewayParts
  /** files that this start made in an empty home */
  readonly made: readonly string[]
  /** takes no new requests, finishes those under way, writes what was counted, closes the store */
  stop(): Promise<void>
}

/** Builds every part and hands it on: this file and `gateway/` alone know every folder. The server does not listen yet. */
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

/** Whether certificates of clients come here at all, by TLS or in `Client-Cert`. */
const seesCertificates = ({ tls, trustedProxies }: Config) => tls !== undefined || trustedProxies.length > 0
