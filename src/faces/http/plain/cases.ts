import type { components } from '../../../../openapi/gateway.d.ts'
import type { Caller } from '../../../document/caller.ts'
import { type CaseSnapshot, isDoubted, memberOf } from '../../../document/case.ts'
import { shownCaseState } from '../../../document/case-state.ts'
import { as, type CaseId } from '../../../document/ids.ts'
import { caseOf } from '../../../journeys/case/case-of.ts'
import { openCase } from '../../../journeys/case/open-case.ts'
import { readCases } from '../../../journeys/case/read-cases.ts'
import type { Parts } from '../../../journeys/parts.ts'
import { Refusal } from '../../../outcome/refusal.ts'
import type { KnownRoute } from '../route.ts'
import type { Contract } from './contract.ts'
import { pageOf } from './page.ts'
import { toRoutes } from './to-routes.ts'

/** Cases as plain JSON (contract §10). */
export function caseRoutes(parts: Parts, contract: Contract): readonly KnownRoute[] {
  return toRoutes(contract, {
    openCase: {
      handle: async (call, body) => {
        const { kind, workerName, workerKana, birthDate, localIdentifier, contactWindow } = body
        if (localIdentifier === undefined && call.caller.side !== 'worker')
          throw new Refusal('parameter-invalid', { at: ['/localIdentifier'] })
        const opened = await openCase(parts, call, {
          kind,
          person: { name: workerName, kana: workerKana, birthDate, contactWindow },
          localIdentifier: call.caller.side === 'worker' ? undefined : localIdentifier
        })
        const { invitation } = opened
        const snapshot = (await parts.cases.byId(opened.id))!
        return {
          status: 201,
          headers: { location: `${parts.baseUrl}/api/v1/cases/${opened.id}` },
          body: { ...toCase(call.caller, snapshot), ...(invitation !== undefined && { invitation }) }
        }
      }
    },
    listCases: {
      handle: async call => {
        const { found, next } = await readCases(parts, call, pageOf(call.query))
        const items = found.map(snapshot => toCase(call.caller, snapshot))
        return { status: 200, body: { items, ...(next !== undefined && { next }) }, padded: true }
      }
    },
    readCase: {
      handle: async call => ({
        status: 200,
        body: toCase(call.caller, await caseOf(parts, call.caller, as<CaseId>(call.params.id!)))
      })
    }
  })
}

function toCase(caller: Caller, snapshot: CaseSnapshot): components['schemas']['Case'] {
  const { side, organization } = caller
  const { id, identifier, kind, state } = snapshot
  return {
    id,
    case: identifier,
    kind,
    state: shownCaseState(state, isDoubted(snapshot, caller) ? undefined : side),
    caseSubject: memberOf(snapshot, organization)!.subject
  }
}
