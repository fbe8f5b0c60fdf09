import type { Bundle } from '@medplum/fhirtypes'
import { canonicalBase } from '../document/canonical.ts'
import type { Instant } from '../document/ids.ts'
import { toInstant } from '../standards/fhir-time.ts'

export interface Notified {
  readonly baseUrl: string
  /** the Subscription that the gateway keeps for the partner's webhook: named after the party */
  readonly subscription: string
  readonly topic: string
  /** place in the recipient's row of events: text in R4 */
  readonly number: number
  readonly at: Instant
  /** `DocumentReference/{id}` as this recipient knows it */
  readonly focus: string
  /** urn:uuid for the entry */
  readonly uuid: string
}

/**
 * An id-only notification of the R4 topic-based backport: it says that there is something, and nothing of what it says.
 * @see Subscriptions R5 Backport 1.1.0, backport-subscription-notification-r4
 */
export function notificationBundle(notified: Notified): Bundle {
  const { baseUrl, subscription, topic, number, at, focus, uuid } = notified
  const profile = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition'
  const url = `${baseUrl}/fhir/Subscription/${subscription}`
  return {
    resourceType: 'Bundle',
    meta: { profile: [`${profile}/backport-subscription-notification-r4`] },
    type: 'history',
    timestamp: toInstant(at),
    entry: [
      {
        fullUrl: `urn:uuid:${uuid}`,
        request: { method: 'GET', url: `${url}/$status` },
        response: { status: '200' },
        resource: {
          resourceType: 'Parameters',
          meta: { profile: [`${profile}/backport-subscription-status-r4`] },
          parameter: [
            { name: 'subscription', valueReference: { reference: url } },
            { name: 'topic', valueCanonical: `${canonicalBase}/SubscriptionTopic/${topic}` },
            { name: 'status', valueCode: 'active' },
            { name: 'type', valueCode: 'event-notification' },
            { name: 'events-since-subscription-start', valueString: String(number) },
            {
              name: 'notification-event',
              part: [
                { name: 'event-number', valueString: String(number) },
                { name: 'timestamp', valueInstant: toInstant(at) },
                { name: 'focus', valueReference: { reference: `${baseUrl}/fhir/${focus}` } }
              ]
            }
          ]
        }
      }
    ]
  }
}
