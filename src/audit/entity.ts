import type { AuditEventEntity, AuditEventEntityDetail, Coding, ResourceType } from '@medplum/fhirtypes'
import { idSystem } from '../document/canonical.ts'
import type { Label } from '../document/consent.ts'
import type { ClientId } from '../document/ids.ts'
import type { KindCode } from '../document/kind.ts'
import { entityType, objectRole, resourceType, userAgent } from './codes.ts'

/** What an act had to do with. References are those that the readers of the record know, never another party's. */
export type Entity =
  | {
      readonly of: 'document'
      /** `DocumentReference/{id}` or `Bundle/{id}` */
      readonly reference: string
      /** base64url HMAC-SHA-256 over the bytes, under the record's own key (design §6) */
      readonly digest?: string | undefined
      readonly kind?: KindCode | undefined
      /** what was released of it */
      readonly labels?: readonly Label[] | undefined
    }
  | { readonly of: 'consent' | 'case'; readonly reference: string }
  /** `raw`: method, path and parameters as they came */
  | { readonly of: 'query'; readonly raw: string }
  | { readonly of: 'partner'; readonly client: ClientId }
  | { readonly of: 'token'; readonly jti: string }
  | { readonly of: 'key'; readonly kid: string; readonly purpose: string }
  /** how often, where single events are not recorded */
  | { readonly of: 'count'; readonly count: number }
export type EntityKind = Entity['of']

/**
 * A word of ours: code, key, reference, identifier. Content has spaces or other letters than these; it stops here,
 * since what is in the log stays there.
 * @throws TypeError
 */
export function word(text: string): string {
  if (!/^[!-~]{1,512}$/.test(text)) throw new TypeError('an audit record takes codes, not texts')
  return text
}

export const detail = (type: string, valueString: string): AuditEventEntityDetail => ({
  type,
  valueString: word(valueString)
})

/** What is known about a document, in details: kind, digest, released labels as `system|code`. */
export function documentDetails(entity: Entity & { readonly of: 'document' }): AuditEventEntityDetail[] {
  const { kind, digest, labels = [] } = entity
  return [
    ...(kind === undefined ? [] : [detail('document-kind', kind)]),
    ...(digest === undefined ? [] : [detail('hmac-sha256', digest)]),
    ...labels.map(({ system, code }) => detail('released', `${system}|${code}`))
  ]
}

/**
 * @param isSubject whether the act was done to it. Only then its type is BALP's "system object", of which an event
 *   has one; what else is there is told apart by its resource type.
 */
export function toEntity(entity: Entity, isSubject: boolean): AuditEventEntity {
  switch (entity.of) {
    case 'document': {
      const details = documentDetails(entity)
      const found = onResource(entity.reference, isSubject, '3')
      return details.length === 0 ? found : { ...found, detail: details }
    }
    case 'consent':
    case 'case':
      return onResource(entity.reference, isSubject, '4')
    case 'query':
      return {
        type: isSubject ? systemObject : entityType('4'),
        role: objectRole('24'),
        query: Buffer.from(entity.raw).toString('base64')
      }
    case 'partner':
      return onIdentifier('client', entity.client, isSubject ? systemObject : resourceType('Device'), '11')
    case 'key':
      return {
        ...onIdentifier('key', entity.kid, isSubject ? systemObject : entityType('4'), '13'),
        detail: [detail('purpose', entity.purpose)]
      }
    case 'token':
      return { what: { identifier: { value: word(entity.jti) } }, type: userAgent('UserOauthAgent') }
    case 'count':
      return { type: entityType('4'), detail: [detail('count', String(entity.count))] }
  }
}

const systemObject = entityType('2')

function onResource(reference: string, isSubject: boolean, role: string): AuditEventEntity {
  const match = /^([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]{1,64}$/.exec(reference)
  if (match === null) throw new TypeError('not a reference of ours')
  const type = match[1] as ResourceType
  return { what: { reference, type }, type: isSubject ? systemObject : resourceType(type), role: objectRole(role) }
}

function onIdentifier(system: 'client' | 'key', value: string, type: Coding, role: string): AuditEventEntity {
  return { what: { identifier: { system: idSystem(system), value: word(value) } }, type, role: objectRole(role) }
}
