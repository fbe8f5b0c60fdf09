import type { Person } from '../document/caller.ts'
import { codeSystem } from '../document/canonical.ts'
import type { Identifier } from '../document/ids.ts'
import type { Partner, Represented } from '../document/partner.ts'
import { type PurposeCode, purposeCodes, type RoleCode, roleOfClient } from '../document/role.ts'
import { isRecord } from './is-record.ts'
import { TokenError } from './token-error.ts'

const roleSystem = codeSystem('ryoritsu-role')
const purposeSystem = codeSystem('ryoritsu-purpose')

/** For whom, for what and as whom a client acts; its role is the one that it is registered for. */
export interface Acting {
  /** as it acts for the organisation that was named, or for its only one */
  readonly partner: Partner
  /** undefined where several are registered and none is named: such a token reads nothing (`acting-ambiguous`) */
  readonly purpose: PurposeCode | undefined
  readonly person: Person | undefined
}

/** `extensions.ihe_iua` as assertions may and access tokens do carry it (contract §3; IHE IUA 3.71.4.1.2.1). */
export interface IuaClaims {
  /** system and value of the organisation's identifier with `|` between them, e.g. `urn:oid:1.3.188|8999999999901` */
  readonly subject_organization_id: string
  readonly subject_role: readonly [{ readonly system: string; readonly code: RoleCode }]
  readonly purpose_of_use?: readonly [{ readonly system: string; readonly code: PurposeCode }]
  readonly subject_id?: string
  readonly subject_name?: string
}

/**
 * Reads the acting claims of an assertion against the registration. A client says nothing but what it is registered
 * for: what it leaves out is filled in where only one thing can be meant.
 * @param extensions the claim of that name, undefined if there is none
 * @throws TokenError `invalid_request`
 */
export function judgeActing(extensions: unknown, partner: Partner): Acting {
  const claims = claimsIn(extensions)
  const acting = organizationIn(claims, partner)
  const role = onlyCode(claims.subject_role, roleSystem, 'subject_role')
  if (role !== undefined && role !== roleOfClient[partner.role]) {
    throw refuse('subject_role is not the role that this client is registered for.')
  }
  return { partner: acting, purpose: purposeIn(claims, partner), person: personIn(claims) }
}

/** The same claims, whole, for the access token. */
export function iuaClaims({ partner, purpose, person }: Acting): IuaClaims {
  return {
    subject_organization_id: organizationIdOf(partner.organizationIdentifier),
    subject_role: [{ system: roleSystem, code: roleOfClient[partner.role] }],
    ...(purpose && { purpose_of_use: [{ system: purposeSystem, code: purpose }] }),
    ...(person && { subject_id: person.id, subject_name: person.name })
  }
}

/**
 * A client as it acts for one of its organisations.
 * @param organization as `subject_organization_id` names it
 * @returns undefined where it is not registered for it, or no longer
 */
export function actingFor(partner: Partner, organization: string): Partner | undefined {
  if (organization === organizationIdOf(partner.organizationIdentifier)) return partner
  const place = partner.onBehalfOf && placesIn(partner.onBehalfOf).get(organization)
  return place && { ...partner, ...place }
}

/** A platform may act for thousands; the index stands for as long as the registration does. */
const indexes = new WeakMap<readonly Represented[], ReadonlyMap<string, Represented>>()

function placesIn(onBehalfOf: readonly Represented[]): ReadonlyMap<string, Represented> {
  let index = indexes.get(onBehalfOf)
  if (index === undefined) {
    index = new Map(onBehalfOf.map(place => [organizationIdOf(place.organizationIdentifier), place]))
    indexes.set(onBehalfOf, index)
  }
  return index
}

export const organizationIdOf = ({ system, value }: Identifier): string => `${system}|${value}`

function claimsIn(extensions: unknown): Readonly<Record<string, unknown>> {
  if (extensions === undefined) return {}
  if (!isRecord(extensions)) throw refuse('extensions is not an object.')
  const claims = extensions.ihe_iua
  if (claims === undefined) return {}
  if (!isRecord(claims)) throw refuse('extensions.ihe_iua is not an object.')
  return claims
}

/** One of several must be named: a guess would put what is said of one employer's workers under another's name. */
function organizationIn(claims: Readonly<Record<string, unknown>>, partner: Partner): Partner {
  const organization = claims.subject_organization_id
  if (organization === undefined) {
    if (partner.onBehalfOf === undefined || partner.onBehalfOf.length === 0) return partner
    throw refuse('subject_organization_id must name one of the organisations that this client is registered for.')
  }
  const acting = typeof organization === 'string' ? actingFor(partner, organization) : undefined
  if (acting === undefined) {
    throw refuse('subject_organization_id is not an organisation that this client is registered for.')
  }
  return acting
}

function purposeIn(claims: Readonly<Record<string, unknown>>, partner: Partner): PurposeCode | undefined {
  const code = onlyCode(claims.purpose_of_use, purposeSystem, 'purpose_of_use')
  if (code === undefined) return partner.purposes.length === 1 ? partner.purposes[0] : undefined
  const purpose = purposeCodes.find(known => known === code)
  if (purpose === undefined || !partner.purposes.includes(purpose)) {
    throw refuse('purpose_of_use is not a purpose that this client is registered for.')
  }
  return purpose
}

/** Both or neither: an identifier alone says nothing to the worker, a name alone nothing to an auditor. */
function personIn(claims: Readonly<Record<string, unknown>>): Person | undefined {
  const { subject_id: id, subject_name: name } = claims
  if (id === undefined && name === undefined) return undefined
  if (!isLine(id) || !isLine(name)) {
    throw refuse('subject_id and subject_name are given together, each as one line of 1 to 200 characters.')
  }
  return { id, name }
}

/** One line that an audit record can hold: no control characters, no space at its ends. */
const isLine = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 200 && /^[^\s\p{C}](?:[^\p{Cc}\p{Zl}\p{Zp}]*[^\s\p{C}])?$/u.test(value)

/** @returns undefined where the claim is left out or empty */
function onlyCode(value: unknown, system: string, name: string): string | undefined {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return undefined
  const coding: unknown = Array.isArray(value) && value.length === 1 ? value[0] : undefined
  if (!isRecord(coding) || coding.system !== system || typeof coding.code !== 'string') {
    throw refuse(`${name} is not a list of one Coding of the gateway's code system.`)
  }
  return coding.code
}

const refuse = (description: string) => new TokenError('invalid_request', description)
