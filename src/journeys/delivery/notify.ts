import { notificationBundle } from '../../deliver/notification.ts'
import type { Webhooks } from '../../deliver/ports.ts'
import { nextOf } from '../../deliver/schedule.ts'
import { as, type OrganizationId, type PartyId } from '../../document/ids.ts'
import type { Partner } from '../../document/partner.ts'
import { roleOfClient } from '../../document/role.ts'
import type { CurrentSigner } from '../../document/signer.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { appendAlways } from '../../record/append.ts'
import type { Working } from '../../record/ports.ts'
import { encodeBase64url } from '../../standards/base64url.ts'
import { contentDigest } from '../../standards/content-digest.ts'
import { prepareSignature, signatureField } from '../../standards/http-signature.ts'
import { composer } from '../composer.ts'
import { visibleTo } from '../document/visible.ts'
import type { Parts } from '../parts.ts'
import { noteOutbox } from './note-outbox.ts'

export interface NotifyParts extends Parts {
  readonly webhooks: Webhooks
  readonly webhookSigner: CurrentSigner
}

const perRound = 16

/**
 * Tells recipients by webhook that a document is there for them: one in flight for each recipient, in order, each time only
 * if the consent still carries it. The record of telling is durable before the request leaves.
 */
export async function notifyAll(parts: NotifyParts): Promise<void> {
  const due = await parts.outbox.due(parts.now(), perRound)
  const done = await Promise.allSettled(due.map(row => notify(parts, row)))
  const failed = done.find(each => each.status === 'rejected')
  if (failed) throw failed.reason
}

async function notify(parts: NotifyParts, row: Working['outbox']): Promise<void> {
  const partner = parts.partners
    .ofOrganization(parts.partners.byParty(as<PartyId>(row.party))?.organization ?? as<OrganizationId>(''))
    .find(other => other.party === row.party && other.webhook !== undefined && !other.disabled)
  // without an endpoint the recipient finds the document by searching
  if (!partner) return noteOutbox(parts, row, { state: 'accepted' })
  const at = parts.now()
  if (!(await isStillOpen(parts, partner, row, at))) return noteOutbox(parts, row, { state: 'stopped' })
  const tries = row.tries + 1
  try {
    await recordTelling(parts, partner, row, at)
  } catch (error) {
    if (error instanceof Refusal && error.key === 'decision-changed') return
    throw error
  }
  const body = Buffer.from(
    JSON.stringify(
      notificationBundle({
        baseUrl: parts.baseUrl,
        subscription: partner.party,
        topic: row.topic,
        number: await parts.outbox.number(row),
        at,
        focus: `DocumentReference/${row.target}`,
        uuid: parts.randomId()
      })
    )
  )
  const response = await parts.webhooks.post(
    partner.webhook!,
    await signedHeaders(parts, partner.webhook!, body, at),
    body
  )
  const next = nextOf(
    response,
    tries,
    { since: row.at, now: parts.now() },
    Buffer.from(parts.random(4)).readUInt32BE() / 2 ** 32
  )
  await noteOutbox(parts, row, { tries, ...next })
}

async function isStillOpen(parts: Parts, partner: Partner, row: Working['outbox'], at: number): Promise<boolean> {
  const { party, organization, organizationIdentifier, clientId: client, role: clientRole } = partner
  const reader = {
    client,
    clientRole,
    side: 'employer' as const,
    party,
    organization,
    organizationIdentifier,
    role: roleOfClient[clientRole],
    purpose: row.purpose as Partner['purposes'][number],
    person: undefined,
    scopes: new Set<string>(),
    token: '',
    address: ''
  }
  return (await visibleTo(parts, reader, row.target, at)).as === 'recipient'
}

async function recordTelling(parts: Parts, partner: Partner, row: Working['outbox'], at: number): Promise<void> {
  const snapshot = (await parts.cases.byId(as(row.case)))!
  await appendAlways(parts.record, {
    guards: [{ kind: 'case-version', case: snapshot.id, version: snapshot.version, raise: false }],
    rows: {},
    working: {},
    audit: [
      composer(parts, { request: parts.newId(), at })('notify', {
        case: snapshot,
        recipient: {
          client: partner.clientId,
          party: partner.party,
          organization: partner.organization,
          role: roleOfClient[partner.role],
          purpose: row.purpose as Partner['purposes'][number],
          address: new URL(partner.webhook!).hostname
        },
        organizations: [
          partner.organization,
          ...snapshot.members.filter(member => member.side === 'worker').map(member => member.organization)
        ],
        entities: [{ of: 'document', reference: `DocumentReference/${row.target}` }]
      })
    ]
  })
}

/** RFC 9421 signature over method, target and digest, as contract §9 fixes it. */
async function signedHeaders(
  parts: NotifyParts,
  url: string,
  body: Uint8Array,
  at: number
): Promise<Record<string, string>> {
  const signer = parts.webhookSigner()
  const fields = { 'content-digest': contentDigest(body), 'content-type': 'application/fhir+json' }
  const prepared = prepareSignature(
    { method: 'POST', targetUri: url, fields },
    'ryoritsu',
    ['@method', '@target-uri', 'content-digest', 'content-type'],
    {
      created: Math.floor(at / 1000),
      keyid: signer.kid,
      nonce: encodeBase64url(parts.random(16)),
      tag: 'ryoritsu-webhook'
    }
  )
  const signature = await signer.sign(Buffer.from(prepared.base))
  return { ...fields, 'signature-input': prepared.signatureInput, signature: signatureField('ryoritsu', signature) }
}
