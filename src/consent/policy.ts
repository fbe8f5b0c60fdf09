import { canonicalBase } from '../document/canonical.ts'

/** The one policy under which this gateway discloses; `Consent.policy.uri` names it, and so does every decision. */
export const policyUri = `${canonicalBase}/policy/ryoritsu-disclosure|1.0`

/** What a recipient owes: no disclosure to others without the worker's consent (HL7 v3 ActCode). */
export const obligations = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'NORDSCLCD' }] as const
