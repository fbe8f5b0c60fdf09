/** Codes of `{c}/CodeSystem/ryoritsu-disclosure-class` (domain §1.5b): a closed list; every item of a form has exactly one. */
export const disclosureClasses = [
  'identity',
  'contact',
  'work-condition',
  'employment-terms',
  'work-fitness',
  'work-restriction',
  'accommodation',
  'treatment-schedule',
  'treatment',
  'diagnosis',
  'symptom',
  'medication',
  'plan-measure',
  'remark'
] as const
export type DisclosureClass = (typeof disclosureClasses)[number]
