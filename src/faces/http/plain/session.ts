import type { components } from '../../../../openapi/gateway.d.ts'
import type { Caller } from '../../../document/caller.ts'
import type { CurrentSigner } from '../../../document/signer.ts'
import type { Parts } from '../../../journeys/parts.ts'
import { exchangeToken } from '../../../journeys/person/exchange-token.ts'
import { type LoggedIn, login, loginOptions, stepUp, stepUpOptions } from '../../../journeys/person/login.ts'
import { logout } from '../../../journeys/person/logout.ts'
import { addPasskey, addPasskeyOptions, listPasskeys, removePasskey } from '../../../journeys/person/passkeys.ts'
import { register, registerOptions } from '../../../journeys/person/register.ts'
import { cookieOf, endedCookie, fromOwnPage, tokenIn } from '../../../journeys/person/session-cookie.ts'
import { noticeSeen, whoAmI } from '../../../journeys/person/who-am-i.ts'
import { toInstant } from '../../../standards/fhir-time.ts'
import type { Route } from '../route.ts'
import type { Contract } from './contract.ts'
import { toOpenRoutes, toRoutes } from './to-routes.ts'

type SessionParts = Parts & { readonly tokenSigner: CurrentSigner }
type Options = components['responses']['PasskeyOptions']['content']['application/json']

/** People with a browser: passkeys and sessions. No other route takes a cookie. */
export function sessionRoutes(parts: SessionParts, contract: Contract): readonly Route[] {
  const told = async <Status extends 200 | 201>(status: Status, { caller, token }: LoggedIn) => ({
    status,
    headers: { 'set-cookie': cookieOf(parts, token) },
    body: await toSession(parts, caller)
  })
  return [
    ...toOpenRoutes(contract, {
      readLoginOptions: { handle: async call => ({ status: 200, body: loginOptions(parts, call.at) as Options }) },
      login: {
        handle: async (call, { response }) => {
          fromOwnPage(parts, 'POST', call.headers)
          return told(200, await login(parts, call, response, tokenIn(parts, call.headers)))
        }
      },
      readRegistrationOptions: {
        handle: async (call, { code }) => {
          fromOwnPage(parts, 'POST', call.headers)
          return { status: 200, body: (await registerOptions(parts, call, code)) as Options }
        }
      },
      register: {
        handle: async (call, registering) => {
          fromOwnPage(parts, 'POST', call.headers)
          return told(201, await register(parts, call, registering))
        }
      }
    }),
    ...toRoutes(contract, {
      readSession: { handle: async call => ({ status: 200, body: await toSession(parts, call.caller) }) },
      logout: {
        handle: async call => {
          await logout(parts, call)
          return { status: 200, headers: { 'set-cookie': endedCookie(parts) }, body: {} }
        }
      },
      exchangeToken: {
        handle: async (call, { purpose }) => ({ status: 200, body: { ...(await exchangeToken(parts, call, purpose)) } })
      },
      readStepUpOptions: {
        handle: async call => ({ status: 200, body: (await stepUpOptions(parts, call)) as Options })
      },
      stepUp: { handle: async (call, { response }) => told(200, await stepUp(parts, call, response)) },
      listPasskeys: {
        handle: async call => ({
          status: 200,
          body: {
            items: (await listPasskeys(parts, call)).map(({ id, name, at, isSynced }) => ({
              id,
              name,
              addedAt: toInstant(at),
              isSynced,
              isCurrent: id === call.caller.session?.credential
            }))
          }
        })
      },
      readPasskeyOptions: {
        handle: async call => ({ status: 200, body: (await addPasskeyOptions(parts, call)) as Options })
      },
      addPasskey: {
        handle: async (call, given) => ({ status: 201, body: { id: await addPasskey(parts, call, given) } })
      },
      removePasskey: {
        handle: async call => {
          await removePasskey(parts, call, call.params.id!)
          return { status: 200, body: {} }
        }
      },
      markNoticeSeen: {
        handle: async call => {
          await noticeSeen(parts, call, call.params.id!)
          return { status: 200, body: {} }
        }
      }
    })
  ]
}

/** Who is in a session, as its person's browser is told. */
export async function toSession(parts: Parts, caller: Caller): Promise<components['schemas']['Session']> {
  const who = await whoAmI(parts, { caller })
  return {
    account: caller.client,
    role: caller.clientRole,
    organization: `Organization/${caller.organization}`,
    party: `PractitionerRole/${caller.party}`,
    ...(caller.person && { name: caller.person.name }),
    idleEnd: toInstant(who.idleEnd),
    end: toInstant(who.end),
    stepUpEnd: toInstant(who.stepUpEnd),
    cases: who.cases.map(({ id, isConfirmed }) => ({ id, confirmed: isConfirmed })),
    notices: who.notices.map(({ id, kind, case: of, reference, at }) => ({
      id,
      kind: kind as components['schemas']['Session']['notices'][number]['kind'],
      ...(of !== '' && { case: of }),
      ...(reference !== '' && { reference }),
      at: toInstant(at)
    }))
  }
}
