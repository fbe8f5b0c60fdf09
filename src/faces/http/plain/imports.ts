import { readImport } from '../../../journeys/imports/read-import.ts'
import { startImport } from '../../../journeys/imports/start-import.ts'
import type { Parts } from '../../../journeys/parts.ts'
import { languageOf } from '../../../outcome/language.ts'
import { problemError } from '../../../outcome/problem.ts'
import type { KnownRoute } from '../route.ts'
import type { Contract } from './contract.ts'
import { single } from './page.ts'
import { toRoutes } from './to-routes.ts'

/** Work information for many workers as CSV (contract §10). */
export function importRoutes(parts: Parts, contract: Contract): readonly KnownRoute[] {
  return toRoutes(contract, {
    startImport: {
      handle: async call => {
        const id = await startImport(parts, call, {
          bytes: call.body,
          version: single(call.query, 'version'),
          idempotencyKey: call.headers['idempotency-key']
        })
        return { status: 202, headers: { location: `${parts.baseUrl}/api/v1/imports/${id}` }, body: { id } }
      }
    },
    readImport: {
      handle: async call => {
        const { isDone, total, rows } = await readImport(parts, call, call.params.id!)
        const language = languageOf(call.headers['accept-language'])
        return {
          status: 200,
          body: {
            done: isDone,
            total,
            rows: rows.map(({ row, case: number, issues }) => ({
              row,
              ...(number !== undefined && { case: number }),
              errors: issues.map(issue => problemError(issue, language))
            }))
          }
        }
      }
    }
  })
}
