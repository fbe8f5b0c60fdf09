import { kindOf } from '../../../document/kinds.ts'
import { answersSchema } from '../../../forms/json-schema.ts'
import type { Parts } from '../../../journeys/parts.ts'
import { Refusal } from '../../../outcome/refusal.ts'
import type { KnownRoute } from '../route.ts'
import type { Contract } from './contract.ts'
import { toRoutes } from './to-routes.ts'

/** What the answers of a form look like (contract §10). */
export function formRoutes(parts: Parts, contract: Contract): readonly KnownRoute[] {
  return toRoutes(contract, {
    readForm: {
      handle: async ({ params }) => {
        const kind = kindOf(params.kind!)
        const form = kind && parts.forms.byKind(kind.code, params.version!)
        if (!form) throw new Refusal('not-found')
        return { status: 200, body: answersSchema(form) }
      }
    }
  })
}
