/** Codes of `{c}/CodeSystem/ryoritsu-role` (domain §2). */
export const roleCodes = [
  'worker',
  'hr-staff',
  'personnel-authority',
  'supervisor',
  'ohp',
  'oh-nurse',
  'general-safety-health-manager',
  'health-manager',
  'safety-health-promoter',
  'health-promoter',
  'attending-physician',
  'medical-staff',
  'coordinator',
  'ohs-center',
  'family',
  'auditor',
  'operator'
] as const
export type RoleCode = (typeof roleCodes)[number]

/** Codes of `{c}/CodeSystem/ryoritsu-purpose` (domain §4). */
export const purposeCodes = [
  'custody',
  'support-consideration',
  'return-judgement',
  'inquiry',
  'billing-provision',
  'plan-support'
] as const
export type PurposeCode = (typeof purposeCodes)[number]

/** What a client is registered as (contract §3); each acts in one role. */
export const roleOfClient = {
  hospital: 'attending-physician',
  'employer-hr': 'hr-staff',
  'employer-ohp': 'ohp',
  supervisor: 'supervisor',
  coordinator: 'coordinator',
  worker: 'worker',
  auditor: 'auditor',
  operator: 'operator'
} as const satisfies Readonly<Record<string, RoleCode>>
export type ClientRole = keyof typeof roleOfClient

/** The side of a case on which a client stands; auditors and operators stand on none. */
export const sideOfClient = {
  hospital: 'hospital',
  'employer-hr': 'employer',
  'employer-ohp': 'employer',
  supervisor: 'employer',
  coordinator: 'coordinator',
  worker: 'worker',
  auditor: undefined,
  operator: undefined
} as const satisfies Readonly<Record<ClientRole, Side | undefined>>

export type Side = 'hospital' | 'employer' | 'coordinator' | 'worker'
