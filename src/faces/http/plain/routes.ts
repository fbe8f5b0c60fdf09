import type { CurrentSigner } from '../../../document/signer.ts'
import type { DepositParts } from '../../../journeys/document/deposit.ts'
import type { OpenIdParts } from '../../../journeys/person/open-id.ts'
import type { Route } from '../route.ts'
import { caseRoutes } from './cases.ts'
import { readContract } from './contract.ts'
import { docsRoutes } from './docs.ts'
import { documentRoutes } from './documents.ts'
import { draftRoutes } from './drafts.ts'
import { formRoutes } from './forms.ts'
import { importRoutes } from './imports.ts'
import { openIdRoutes } from './open-id.ts'
import { partnerRoutes } from './partners.ts'
import { sessionRoutes } from './session.ts'

/**
 * The plain face (contract §10) as `openapi/gateway.yaml` describes it.
 * @param description the parsed file
 */
export function plainRoutes(
  parts: DepositParts &
    OpenIdParts & {
      readonly allow: { readonly workerClients: boolean }
      readonly tokenSigner: CurrentSigner
    },
  description: unknown
): readonly Route[] {
  const contract = readContract(description)
  return [
    ...caseRoutes(parts, contract),
    ...formRoutes(parts, contract),
    ...draftRoutes(parts, contract),
    ...documentRoutes(parts, contract),
    ...importRoutes(parts, contract),
    ...partnerRoutes(parts, contract),
    ...sessionRoutes(parts, contract),
    ...openIdRoutes(parts, contract),
    ...docsRoutes(contract)
  ]
}
