import {
  loginCookie,
  newOpenIdLogin,
  type OpenIdLogin,
  readOpenIdLogin,
  sealedLogin
} from '../../authenticate/open-id-login.ts'
import { sessionToken } from '../../authenticate/session-cookie.ts'
import { as, type ClientId } from '../../document/ids.ts'
import type { Partner } from '../../document/partner.ts'
import type { ClientRole } from '../../document/role.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { append, appendAlways } from '../../record/append.ts'
import { derive } from '../../record/keyring.ts'
import type { Guard, WriteSet } from '../../record/write-set.ts'
import { decodeBase64url, encodeBase64url } from '../../standards/base64url.ts'
import { composer } from '../composer.ts'
import type { Parts } from '../parts.ts'
import { judgeCode } from './account-code.ts'
import { checkAttempts, networkCounter, noteFailure } from './attempts.ts'
import type { LoggedIn } from './login.ts'
import { newSession, sessionId, sessionStands, surplusSessions } from './new-session.ts'
import { callerOf, partnerOf } from './person-of.ts'
import type { OpenIdProvider } from './ports.ts'
import type { PersonCall } from './prove.ts'

export type OpenIdParts = Parts & { readonly providers: ReadonlyMap<string, OpenIdProvider> }

type Headers = Readonly<Record<string, string | undefined>>

/** What a browser wants of a provider. */
export interface Leaving {
  readonly provider: string
  /** the operator's invitation, the first time */
  readonly code: string | undefined
  /** proves itself anew within its session */
  readonly isStepUp: boolean
}

/**
 * Sends a browser to the provider of its organisation. What has to be remembered until it comes back goes with it, sealed in a
 * cookie: any gateway of the store may take it up again, and strangers who begin logins cost the store nothing.
 * @throws Refusal `not-found` for a provider that there is not; `unauthorized` for a step-up without a session;
 *   `store-unavailable` where the provider cannot be reached
 */
export async function leaveForProvider(
  parts: OpenIdParts,
  { at }: PersonCall,
  headers: Headers,
  { provider: name, code, isStepUp }: Leaving
): Promise<{ readonly location: string; readonly cookie: string }> {
  const provider = providerOf(parts, name)
  const token = isStepUp ? sessionToken(headers, parts.baseUrl) : undefined
  const session = token && (await parts.persons.session(sessionId(parts, token)))
  if (isStepUp && !session) throw new Refusal('unauthorized', { cause: 'no session to step up in' })
  const facts = { provider: name, code: code ?? '', session: session ? session.id : '' }
  const login = newOpenIdLogin(facts, () => encodeBase64url(parts.random(32)), at)
  const location = await provider.start(leftWith(parts, login))
  if (!location) throw new Refusal('store-unavailable', { retryAfterSeconds: 30, cause: 'provider' })
  return { location: location.href, cookie: loginCookie(parts.baseUrl, sealed(parts, login)) }
}

/**
 * Opens a session for whom the provider has seen. The person is found by issuer and subject; the first time, the operator's
 * invitation binds them to the account, and is used up. A provider opens accounts of its own organisations alone, and never one of
 * a worker, an auditor or 産業医: whoever runs the employer's provider must not be able to say that it is the worker, or the one who may
 * read the whole opinion, who is there.
 * @param query of the address that the browser came back to
 * @throws Refusal `not-found`, `unauthorized`, `code-invalid`, `rate-limited`; `store-unavailable` where the provider cannot be reached
 */
export async function comeBackFromProvider(
  parts: OpenIdParts,
  call: PersonCall,
  headers: Headers,
  back: { readonly provider: string; readonly query: URLSearchParams }
): Promise<LoggedIn> {
  const provider = providerOf(parts, back.provider)
  const network = networkCounter(parts, call.address)
  const login = opened(parts, headers, call.at)
  // who brings our cookie back is judged whatever others on the network did
  if (login === undefined) await checkAttempts(parts, network, call.at)
  try {
    if (login?.provider !== back.provider) throw unauthorized('no login that began here')
    const cameBack = new URL(`${redirectUri(parts, login)}?${back.query}`)
    const answer = await provider.finish(cameBack, leftWith(parts, login))
    if (answer.kind === 'unreachable')
      throw new Refusal('store-unavailable', { retryAfterSeconds: 30, cause: 'provider' })
    if (answer.kind !== 'person') throw unauthorized(`provider: ${answer.kind} ${answer.why}`)
    const personMac = parts.record.keyring.mac('openid', answer.issuer, answer.subject)
    return await enter(parts, call, provider, login, personMac)
  } catch (error) {
    if (error instanceof Refusal && (error.key === 'unauthorized' || error.key === 'code-invalid'))
      await noteFailure(parts, network, call.at)
    throw error
  }
}

async function enter(
  parts: OpenIdParts,
  call: PersonCall,
  provider: OpenIdProvider,
  login: OpenIdLogin,
  personMac: string
): Promise<LoggedIn> {
  const { account, guards, working, gone } = await accountOf(parts, call.at, login, personMac)
  const partner = await partnerOf(parts, account)
  if (!partner) throw unauthorized('disabled')
  if (!mayOpen(provider, partner)) {
    await refused(parts, call, partner)
    throw unauthorized('not an account of this provider')
  }
  const before = login.session === '' ? undefined : await parts.persons.session(login.session)
  if (login.session !== '' && before?.account !== account)
    throw unauthorized('the session is another person’s, or over')
  const session = newSession(parts, { account, credential: `openid:${personMac}`, at: call.at }, before)
  const caller = await callerOf(parts, partner, session.row, call.address)
  const surplus = before
    ? [{ table: 'session', key: { id: before.id } } as const]
    : await surplusSessions(parts, account)
  const usedOnce: Guard = {
    kind: 'once',
    scope: 'challenge',
    key: parts.record.keyring.mac('openid-login', login.state),
    value: session.row.id,
    expiresAt: login.end
  }
  const appended = await append(parts.record, {
    guards: [usedOnce, ...guards, ...(before ? [sessionStands(before)] : [])],
    rows: {},
    working: { ...working, session: [session.row] },
    gone: [...gone, ...surplus],
    audit: [
      composer(parts, { ...call, caller })('session-open', {
        reason: before ? 'step-up' : 'openid',
        organizations: [partner.organization],
        entities: [{ of: 'partner', client: partner.clientId }]
      })
    ]
  })
  if ('taken' in appended) throw unauthorized('a login that was used before')
  return { caller, token: session.token }
}

interface Found extends Pick<WriteSet, 'guards' | 'working'> {
  readonly account: ClientId
  readonly gone: NonNullable<WriteSet['gone']>
}

/** The account of this person; the first time that which the invitation is for. */
async function accountOf(parts: Parts, at: number, { code }: OpenIdLogin, personMac: string): Promise<Found> {
  const known = await parts.persons.openIdAccount(personMac)
  if (code === '') {
    if (!known) throw unauthorized('nobody who was invited')
    const stands: Guard = {
      kind: 'unchanged',
      table: 'openIdAccount',
      key: { personMac },
      column: 'account',
      value: known
    }
    return { account: known, guards: [stands], working: {}, gone: [] }
  }
  const { row, stands } = await judgeCode(parts, code, at)
  const account = as<ClientId>(row.account)
  // a reception's code is a worker's; whoever is somebody here already does not become somebody else
  if (row.case !== '' || (known && known !== account)) throw new Refusal('code-invalid', { at: ['code'] })
  return {
    account,
    guards: [stands],
    working: { openIdAccount: [{ personMac, account, at }] },
    gone: [{ table: 'accountCode', key: { account } }]
  }
}

const byPasskeyAlone: readonly ClientRole[] = ['worker', 'auditor', 'employer-ohp']

function mayOpen({ organizations }: OpenIdProvider, { role, organizationIdentifier }: Partner): boolean {
  const { system, value } = organizationIdentifier
  return !byPasskeyAlone.includes(role) && organizations.has(`${system}|${value}`)
}

async function refused(parts: Parts, call: PersonCall, partner: Partner): Promise<void> {
  await appendAlways(parts.record, {
    guards: [],
    rows: {},
    working: {},
    audit: [
      composer(parts, call)('session-refuse', {
        outcome: '4',
        reason: 'openid-provider',
        organizations: [partner.organization],
        entities: [{ of: 'partner', client: partner.clientId }]
      })
    ]
  })
}

function providerOf({ providers }: OpenIdParts, name: string): OpenIdProvider {
  const provider = providers.get(name)
  if (!provider) throw new Refusal('not-found')
  return provider
}

const redirectUri = ({ baseUrl }: Pick<Parts, 'baseUrl'>, { provider }: Pick<OpenIdLogin, 'provider'>): string =>
  `${baseUrl}/session/openid/${provider}/callback`

const leftWith = (parts: Pick<Parts, 'baseUrl'>, login: OpenIdLogin) => ({
  state: login.state,
  nonce: login.nonce,
  codeVerifier: login.codeVerifier,
  redirectUri: redirectUri(parts, login),
  isAnew: login.session !== ''
})

const context = 'openid-login'
const keyOf = ({ record }: Pick<Parts, 'record'>) => derive(record.keyring.logKey, context)

const sealed = (parts: Parts, login: OpenIdLogin): string =>
  encodeBase64url(parts.record.keyring.seal(keyOf(parts), context, Buffer.from(JSON.stringify(login))))

function opened(parts: Parts, headers: Headers, at: number): OpenIdLogin | undefined {
  const text = sealedLogin(headers, parts.baseUrl)
  if (text === undefined || text.length > 4096) return undefined
  let bytes: Uint8Array
  try {
    bytes = parts.record.keyring.open(keyOf(parts), context, decodeBase64url(text))
  } catch {
    return undefined // not sealed by us
  }
  return readOpenIdLogin(bytes, at)
}

const unauthorized = (cause: string) => new Refusal('unauthorized', { cause })
