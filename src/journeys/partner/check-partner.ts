import { idSystem } from '../../document/canonical.ts'
import { identifierFault } from '../../document/identifier.ts'
import type { ClientId } from '../../document/ids.ts'
import { isAccount, type Partner } from '../../document/partner.ts'
import type { ClientRole } from '../../document/role.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { knownId, type NamedOrganization } from './places.ts'
import type { Configuration, PartnerParts } from './write-partner.ts'

/**
 * Whether a client of this role may stand for these organisations.
 * @param at where each was named
 * @throws Refusal `parameter-invalid` for an id that is none, `identifier-check-digit`, `role-not-allowed` for an employer or hospital that
 *   is the operator itself, and for a worker's own organisation
 */
export function checkOrganizations(
  parts: PartnerParts,
  role: ClientRole,
  named: readonly NamedOrganization[],
  at: (index: number) => string
): void {
  for (const [index, each] of named.entries()) {
    if ('id' in each) {
      if (parts.partners.organizationName(each.id) === undefined)
        throw new Refusal('parameter-invalid', { at: [at(index)] })
    } else if (identifierFault(each.identifier) !== undefined) {
      throw new Refusal('identifier-check-digit', { at: [`${at(index)}.identifier.value`] })
    }
    if (!isIndependent(parts, role, each) || isOfWorker(parts, role, each)) {
      throw new Refusal('role-not-allowed', { at: [`${at(index)}.identifier`] })
    }
  }
}

/** The operator must not be the employer, its HR vendor or the 産業医 (design §1), nor the hospital. */
function isIndependent(parts: PartnerParts, role: ClientRole, named: NamedOrganization): boolean {
  const id = knownId(parts, named)
  const others = id === undefined ? [] : parts.partners.ofOrganization(id)
  if (role === 'auditor') return true
  if (role === 'operator') return others.every(other => other.role === 'operator' || other.role === 'auditor')
  return others.every(other => other.role !== 'operator')
}

/**
 * A worker's organisation is the worker alone: a client of it in another role, or with keys beside the account of the person, would be
 * taken for the worker wherever an organisation is asked for.
 */
function isOfWorker(parts: PartnerParts, role: ClientRole, named: NamedOrganization): boolean {
  const id = knownId(parts, named)
  const others = id === undefined ? [] : parts.partners.ofOrganization(id)
  const isPerson = 'identifier' in named && named.identifier.system === idSystem('person')
  if (role !== 'worker') return isPerson || others.some(other => other.role === 'worker')
  return others.some(other => other.role !== 'worker' || isAccount(other))
}

const apart: readonly ClientRole[] = ['employer-hr', 'employer-ohp', 'supervisor']

/**
 * HR, supervisor and 産業医 are never one client (design §4), nor one system under two names: no two of them prove themselves
 * with the same key.
 * @param client the one whose keys they are, where it is registered already
 * @throws Refusal `role-not-allowed`
 */
export function checkKeysApart(
  parts: PartnerParts,
  role: ClientRole,
  { jwks, jwksUri }: Configuration,
  client: ClientId | undefined
): void {
  if (!apart.includes(role)) return
  const own = new Set(jwks.keys.map(materialOf))
  const clashes = (other: Partner) =>
    other.clientId !== client &&
    other.role !== role &&
    apart.includes(other.role) &&
    ((jwksUri !== undefined && other.jwksUri === jwksUri) || other.jwks.keys.some(key => own.has(materialOf(key))))
  if (parts.partners.all().some(clashes)) {
    throw new Refusal('role-not-allowed', { at: [jwksUri === undefined ? 'jwks' : 'jwksUri'] })
  }
}

const materialOf = ({ n, x }: Partner['jwks']['keys'][number]) => n ?? x
