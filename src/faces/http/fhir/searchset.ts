import type { Bundle, BundleEntry, Resource } from '@medplum/fhirtypes'
import { pad } from '../../../journeys/document/pad-answer.ts'
import type { Answer, KnownCall } from '../route.ts'

/**
 * A searchset; padded to 4 KiB steps where its reader is a recipient, so that its size tells nothing (contract §1).
 * Links carry the caller's own parameters and no others.
 */
export function searchset(
  baseUrl: string,
  type: string,
  call: KnownCall,
  found: readonly Resource[],
  next: string | undefined
): Answer {
  const self = `${baseUrl}/fhir/${type}${call.query.size > 0 ? `?${call.query}` : ''}`
  const following = new URLSearchParams(call.query)
  if (next !== undefined) following.set('after', next)
  const bundle: Bundle = {
    resourceType: 'Bundle',
    type: 'searchset',
    link: [
      { relation: 'self', url: self },
      ...(next === undefined ? [] : [{ relation: 'next', url: `${baseUrl}/fhir/${type}?${following}` }])
    ],
    ...(found.length > 0 && {
      entry: found.map(
        (resource): BundleEntry => ({
          fullUrl: `${baseUrl}/fhir/${type}/${resource.id}`,
          resource,
          search: { mode: 'match' }
        })
      )
    })
  }
  return { status: 200, body: pad(JSON.stringify(bundle)) }
}
