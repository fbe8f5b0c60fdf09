import { medicalRegistrationSystem } from '../document/identifier.ts'
import type { Instant } from '../document/ids.ts'
import type { Kind } from '../document/kind.ts'
import { mayDeposit, type SignaturePolicy } from '../document/signature-policy.ts'
import type { PathResult, SignatureResult } from '../document/signature-result.ts'
import type { CertificatePath, RevocationTimes, SignatureTrust } from './ports.ts'
import { refusalFor } from './rules.ts'

/**
 * Asks whether a path was revoked when it signed, and puts down what it proves.
 * @throws Refusal `certificate-revoked`; `certificate-untrusted` where its anchor asks for a word about revocation and there is none
 */
export async function pathResult(
  path: CertificatePath,
  { revocation }: SignatureTrust,
  times: RevocationTimes,
  checkedAt: Instant
): Promise<PathResult> {
  const { status, evidence } = revocation ? await revocation(path, times) : { status: 'unknown' as const, evidence: [] }
  if (status === 'revoked') throw refusalFor('sig-revoked')
  if (status === 'unknown' && path.rules.requiresRevocation) throw refusalFor('sig-revocation-unknown')
  return {
    certificates: path.hashes,
    policies: path.policies,
    roles: path.roles,
    isQualification: isQualification(path),
    revocation: { status, checkedAt, evidence: evidence.map(({ kind, hash }) => ({ kind, hash })) }
  }
}

/** Policies are those that the anchor is believed in; an anchor of qualifications names some (`readAnchors`). */
function isQualification({ rules, policies, roles }: CertificatePath): boolean {
  return rules.qualification && policies.length > 0 && roles.some(role => rules.roles.includes(role))
}

/**
 * Whether a physician's certificate contradicts the number under which it signs: it says what its holder is, and that is no role
 * that its anchor is believed in. A certificate without any role says nothing and is worth less, but lies about nothing.
 * @throws Refusal `qualification-missing`
 */
export function refuseOtherRole({ rules, roles }: CertificatePath, who: { readonly system: string }): void {
  if (!rules.qualification || roles.length === 0 || who.system !== medicalRegistrationSystem) return
  if (!roles.some(role => rules.roles.includes(role))) throw refusalFor('sig-role')
}

/**
 * Whether the signature is worth what its slot asks for (document/signature-policy.ts).
 * @throws Refusal `qualification-missing`
 */
export function requireAssurance(kind: Kind, signature: SignatureResult, policy: SignaturePolicy): void {
  if (!mayDeposit(kind, signature, policy)) throw refusalFor('sig-assurance')
}
