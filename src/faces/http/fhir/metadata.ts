import type { CapabilityStatement, CapabilityStatementRestResource } from '@medplum/fhirtypes'
import { canonicalBase } from '../../../document/canonical.ts'
import { at, type PublicRoute, type Route } from '../route.ts'

/**
 * The CapabilityStatement, made from the route table: what is not routed is not claimed, and nothing is claimed by hand.
 * @param software name and version of this gateway
 */
export function metadataRoute(
  baseUrl: string,
  routes: readonly Route[],
  software: { name: string; version: string }
): PublicRoute {
  const statement = capabilityStatement(baseUrl, routes, software)
  return {
    ...at('GET /fhir/metadata'),
    dialect: 'fhir',
    handle: () => ({ status: 200, body: statement })
  }
}

function capabilityStatement(
  baseUrl: string,
  routes: readonly Route[],
  software: { name: string; version: string }
): CapabilityStatement {
  const byResource = Map.groupBy(
    routes.filter(route => route.capability !== undefined),
    route => route.capability!.resource
  )
  return {
    resourceType: 'CapabilityStatement',
    url: `${canonicalBase}/CapabilityStatement/ryoritsu-gateway`,
    status: 'active',
    date: '2026-11-24',
    kind: 'instance',
    software,
    implementation: { description: 'Ryoritsu Gateway', url: `${baseUrl}/fhir` },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'application/fhir+xml'],
    rest: [
      {
        mode: 'server',
        security: {
          service: [
            {
              coding: [
                { system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' }
              ]
            }
          ]
        },
        resource: [...byResource].map(([type, ofType]) => resourceOf(type, ofType))
      }
    ]
  }
}

function resourceOf(type: string, routes: readonly Route[]): CapabilityStatementRestResource {
  const interaction = routes.flatMap(({ capability }) =>
    capability && 'interaction' in capability ? [{ code: capability.interaction }] : []
  )
  const operations = new Set(
    routes.flatMap(({ capability }) => (capability && 'operation' in capability ? [capability.operation] : []))
  )
  const searchParam = routes.flatMap(route => route.search ?? []).map(({ name, type: of }) => ({ name, type: of }))
  return {
    type: type as CapabilityStatementRestResource['type'],
    ...(interaction.length > 0 && { interaction }),
    ...(searchParam.length > 0 && { searchParam }),
    ...(operations.size > 0 && {
      operation: [...operations].map(name => ({
        name,
        definition: isOfHl7(name)
          ? `http://hl7.org/fhir/OperationDefinition/Resource-${name}`
          : `${canonicalBase}/OperationDefinition/${type}-${name}`
      }))
    })
  }
}

/** FHIR's own operations, the same for every type; all others are ours. */
const isOfHl7 = (name: string): boolean => name === 'validate'
