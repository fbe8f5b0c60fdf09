import { readFileSync } from 'node:fs'
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core'
import type { Bundle, Parameters, StructureDefinition } from '@medplum/fhirtypes'
import t from 'tap'
import { type Notified, notificationBundle } from '../../src/deliver/notification.ts'

const definitions = new URL('../../profiles/r4/structure-definitions.json', import.meta.url)
indexStructureDefinitionBundle(JSON.parse(readFileSync(definitions, 'utf8')) as StructureDefinition[])

const notified: Notified = {
  baseUrl: 'https://gateway.example',
  subscription: '0192a1b2-0000-7000-8000-000000000001',
  topic: 'document-available',
  number: 12,
  at: Date.UTC(2026, 8, 1),
  focus: 'DocumentReference/7c9e6679-7425-40de-944b-e07fc1f90ae7',
  uuid: '16fd2706-8baf-433b-82eb-8c7fada847da'
}

t.test('is valid R4, the Bundle and the Parameters in it', t => {
  const bundle = notificationBundle(notified)
  t.same(
    validateResource(bundle).filter(({ severity }) => severity === 'error'),
    []
  )
  t.same(
    validateResource(bundle.entry![0]!.resource!).filter(({ severity }) => severity === 'error'),
    []
  )
  t.throws(() => validateResource({ ...bundle, type: undefined } as unknown as Bundle), 'the yardstick measures')
  t.end()
})

t.test('reads as the R4 backport of topic-based subscriptions has it', t => {
  const bundle = notificationBundle(notified)
  t.match(bundle, {
    type: 'history',
    timestamp: '2026-09-01T00:00:00.000Z',
    entry: [{ fullUrl: `urn:uuid:${notified.uuid}`, request: { method: 'GET' }, response: { status: '200' } }]
  })
  t.equal(bundle.entry!.length, 1, 'id-only: the document is not in it')
  const { parameter } = bundle.entry![0]!.resource as Parameters
  t.same(
    parameter!.map(({ name }) => name),
    ['subscription', 'topic', 'status', 'type', 'events-since-subscription-start', 'notification-event']
  )
  t.match(parameter, [
    { valueReference: { reference: `https://gateway.example/fhir/Subscription/${notified.subscription}` } },
    { valueCanonical: 'https://ryoritsu.example/fhir/SubscriptionTopic/document-available' },
    { valueCode: 'active' },
    { valueCode: 'event-notification' },
    { valueString: '12' },
    {
      part: [
        { name: 'event-number', valueString: '12' },
        { name: 'timestamp', valueInstant: '2026-09-01T00:00:00.000Z' },
        { name: 'focus', valueReference: { reference: `https://gateway.example/fhir/${notified.focus}` } }
      ]
    }
  ])
  t.end()
})

t.test('says that there is something and nothing of what it says: two documents differ in their ids alone', t => {
  const other = { number: 13, focus: 'DocumentReference/other', uuid: 'other' }
  const blank = (one: Notified) =>
    [one.focus, one.uuid, `"${one.number}"`].reduce(
      (text, part) => text.replaceAll(part, '…'),
      JSON.stringify(notificationBundle(one))
    )
  t.equal(blank(notified), blank({ ...notified, ...other }))
  t.end()
})
