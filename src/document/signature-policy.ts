import type { Kind } from './kind.ts'
import { type Assurance, assuranceOf, type SignatureResult } from './signature-result.ts'

/** The least that must stand behind the signature in one slot of a form. */
export interface SlotPolicy {
  /** for the document to be taken */
  readonly deposit: Assurance
  /** for it to be called 診断書 and to count for billing (domain §5.2 B-6); undefined: it never is one */
  readonly medicalCertificate: Assurance | undefined
}

/** By slot: each belongs to one kind. */
export type SignaturePolicy = Readonly<Record<string, SlotPolicy>>

const physician = { deposit: 'organisation', medicalCertificate: 'qualified' } as const
const other = { deposit: 'organisation', medicalCertificate: undefined } as const
/** written as a draft and confirmed by people, the gateway signs it */
const draft = { deposit: 'attested', medicalCertificate: undefined } as const

/**
 * The slots that are signed for deposit. That a physician's opinion needs a qualified signature by law is not certain (domain §7), so
 * that the organisation's key suffices to deposit it, and only the word 診断書 asks for more. Work information and plans of a
 * platform without keys are confirmed by people and signed by the gateway.
 */
export const defaultSignaturePolicy: SignaturePolicy = {
  'wi.sign.company': draft,
  'oc.sign.physician': physician,
  'or.sign.physician': physician,
  'cd.sign.physician': physician,
  'ia.sign.physician': other,
  'sp.sign.hr': draft,
  'oh.sign.ohp': other
}

/** weakest first */
export const assurances: readonly Assurance[] = ['attested', 'organisation', 'certificate', 'qualified']

const reaches = (found: Assurance, least: Assurance): boolean => assurances.indexOf(found) >= assurances.indexOf(least)

const slotPolicyOf = ({ signatureSlots }: Kind, policy: SignaturePolicy): SlotPolicy | undefined => {
  const slot = signatureSlots.find(({ neededFor }) => neededFor === 'deposit')
  return slot && policy[slot.slot]
}

/** A time-stamp follows a deposit, so that here a signature counts as if it were stamped. */
export function mayDeposit(kind: Kind, signature: SignatureResult, policy: SignaturePolicy): boolean {
  const least = slotPolicyOf(kind, policy)?.deposit
  return least === undefined || reaches(assuranceOf(signature, true), least)
}

/** Whether a document may be called 診断書. @param isStamped whether a time-stamp over its signature holds */
export function isMedicalCertificate(
  kind: Kind,
  signature: SignatureResult,
  isStamped: boolean,
  policy: SignaturePolicy
): boolean {
  const least = slotPolicyOf(kind, policy)?.medicalCertificate
  return least !== undefined && reaches(assuranceOf(signature, isStamped), least)
}
