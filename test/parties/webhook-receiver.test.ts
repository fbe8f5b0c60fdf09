import t from 'tap'
import { request } from 'undici'
import { gatewayKeys, keyOf } from '../../fixtures/test-keys.ts'
import { notificationBundle } from '../../src/deliver/notification.ts'
import { contentDigest } from '../../src/standards/content-digest.ts'
import { prepareSignature, signatureField } from '../../src/standards/http-signature.ts'
import { signInput } from '../../src/standards/jws.ts'
import { WebhookReceiver } from './webhook-receiver.ts'

const webhook = keyOf(gatewayKeys, 'gateway-webhook')
const now = Date.parse('2026-09-10T03:00:00Z')
const notification = JSON.stringify(
  notificationBundle({
    baseUrl: 'http://127.0.0.1:8080',
    subscription: '0192',
    topic: 'document-available',
    number: 3,
    at: now,
    focus: 'DocumentReference/6f1b6e0a-5a6e-4a5e-9c43-1f0c7b6f2a11',
    uuid: '8a0c2f9c-9f7c-4d8c-8f6e-0a4f1b2c3d4e'
  })
)

interface Sending {
  readonly body?: string
  readonly targetUri?: string
  readonly created?: number
  readonly keyid?: string
  readonly nonce?: string
  readonly tag?: string
  readonly components?: readonly string[]
  readonly after?: (headers: Record<string, string>) => Record<string, string>
}

/** Sends as a gateway does; each option makes one thing wrong. */
async function send(receiver: WebhookReceiver, sending: Sending = {}): Promise<number> {
  const {
    body = notification,
    targetUri = receiver.url,
    after = (headers: Record<string, string>) => headers
  } = sending
  const fields = { 'content-digest': contentDigest(Buffer.from(body)), 'content-type': 'application/fhir+json' }
  const { base, signatureInput } = prepareSignature(
    { method: 'POST', targetUri, fields },
    'ryoritsu',
    sending.components ?? ['@method', '@target-uri', 'content-digest', 'content-type'],
    {
      created: sending.created ?? now / 1000,
      keyid: sending.keyid ?? webhook.kid,
      nonce: sending.nonce ?? 'n-1',
      tag: sending.tag ?? 'ryoritsu-webhook'
    }
  )
  const signature = signatureField('ryoritsu', signInput('ES256', Buffer.from(base), webhook.privateKey))
  const { statusCode } = await request(receiver.url, {
    method: 'POST',
    headers: after({ ...fields, 'signature-input': signatureInput, signature }),
    body
  })
  return statusCode
}

const start = () =>
  WebhookReceiver.start({
    keyOf: async kid => (kid === webhook.kid ? webhook.publicKey : undefined),
    now: () => now
  })

t.test('takes a notification that the gateway signed, once', async t => {
  const receiver = await start()
  t.teardown(() => receiver.close())
  t.equal(await send(receiver), 204)
  t.same(await receiver.next(), {
    topic: 'document-available',
    focus: 'http://127.0.0.1:8080/fhir/DocumentReference/6f1b6e0a-5a6e-4a5e-9c43-1f0c7b6f2a11',
    number: 3
  })
  t.equal(await send(receiver), 401, 'the same message again')
  t.same(receiver.refused, ['the nonce was seen before'])
  await t.rejects(receiver.next(10), { message: /^no webhook within 10 ms/ })
})

t.test('hands over to whoever was already waiting', async t => {
  const receiver = await start()
  t.teardown(() => receiver.close())
  const told = receiver.next()
  await send(receiver)
  t.equal((await told).topic, 'document-available')
})

t.test('believes nothing else', async t => {
  const receiver = await start()
  t.teardown(() => receiver.close())
  const cases: readonly (readonly [string, number, Sending])[] = [
    ['unsigned', 401, { after: ({ 'signature-input': _, signature: __, ...rest }) => rest }],
    [
      'another content',
      401,
      { after: headers => ({ ...headers, 'content-digest': contentDigest(Buffer.from('{}')) }) }
    ],
    ['no digest', 401, { after: ({ 'content-digest': _, ...rest }) => rest }],
    ['a digest that is not signed', 401, { components: ['@method', '@target-uri', 'content-type'] }],
    ['for another address', 401, { targetUri: 'http://127.0.0.1:1/ryoritsu' }],
    ['five minutes and a second ago', 401, { created: now / 1000 - 301 }],
    ['of the future', 401, { created: now / 1000 + 301 }],
    ['by a key that is not the gateway’s', 401, { keyid: 'another' }],
    ['for another use', 401, { tag: 'another' }],
    ['with another content type', 401, { after: headers => ({ ...headers, 'content-type': 'text/plain' }) }],
    ['not JSON', 400, { body: 'hello', nonce: 'n-2' }],
    ['not a notification', 400, { body: '{"resourceType":"Bundle","type":"document"}', nonce: 'n-3' }],
    ['null', 400, { body: 'null', nonce: 'n-4' }],
    ['too large', 413, { body: 'x'.repeat(70_000) }]
  ]
  for (const [what, status, sending] of cases) t.equal(await send(receiver, sending), status, what)
  t.equal((await request(receiver.url)).statusCode, 404, 'GET')
  await t.rejects(receiver.next(10), 'and hands nothing over')
})
