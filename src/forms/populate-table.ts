import type { KindCode } from '../document/kind.ts'

/** A fact about the people and houses of a case. */
export type FactName =
  | 'case.kind'
  | 'worker.name'
  | 'worker.birthDate'
  | 'organization.name'
  | 'organization.address'
  | 'organization.phone'
  | 'institution.name'
  | 'institution.address'
  | 'institution.phone'

/** Which facts begin which items, by linkId. Items that a form version does not have are passed over. */
export const factOfItem: Readonly<Record<string, FactName>> = {
  'wi.worker.name': 'worker.name',
  'wi.worker.birthDate': 'worker.birthDate',
  'wi.company.name': 'organization.name',
  'wi.company.address': 'organization.address',
  'wi.company.phone': 'organization.phone',
  'oc.patient.name': 'worker.name',
  'oc.patient.birthDate': 'worker.birthDate',
  'oc.institution.name': 'institution.name',
  'oc.institution.address': 'institution.address',
  'oc.institution.phone': 'institution.phone',
  'or.patient.name': 'worker.name',
  'or.patient.birthDate': 'worker.birthDate',
  'or.institution.name': 'institution.name',
  'or.institution.address': 'institution.address',
  'or.institution.phone': 'institution.phone',
  'sp.kind': 'case.kind',
  'sp.worker.name': 'worker.name',
  'sp.worker.birthDate': 'worker.birthDate',
  'cd.worker.name': 'worker.name',
  'cd.worker.birthDate': 'worker.birthDate',
  'cd.company.name': 'organization.name',
  'cd.company.address': 'organization.address',
  'cd.company.phone': 'organization.phone',
  'cd.institution.name': 'institution.name',
  'cd.institution.address': 'institution.address',
  'cd.institution.phone': 'institution.phone',
  'oh.worker.name': 'worker.name'
}

/** Answers of an earlier document that begin the next one: linkId there → linkId here. */
export interface Carry {
  readonly from: KindCode
  readonly to: KindCode
  readonly items: Readonly<Record<string, string>>
  /** only out of documents of the organisation that fills the form: what it says of itself, another did not mean */
  readonly isOwn?: true
  /** working hours become one text: linkId of the hours there → linkId here */
  readonly hours?: readonly [from: string, to: string]
}

/** linkIds that keep their name. */
const same = (...linkIds: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(linkIds.map(linkId => [linkId, linkId]))

const workAndCard = {
  'wi.duties.text': 'cd.duties',
  'wi.hours.start': 'cd.hours.start',
  'wi.hours.end': 'cd.hours.end',
  'wi.hours.break': 'cd.hours.break',
  'wi.hours.daysPerWeek': 'cd.hours.daysPerWeek',
  'wi.ohp.present': 'cd.ohp.present',
  'wi.company.name': 'cd.company.name',
  'wi.company.address': 'cd.company.address',
  'wi.company.phone': 'cd.company.phone'
}

const turned = (items: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(items).map(([from, to]) => [to, from]))

const institutionOf = { 'opinion-continuation': 'oc', 'opinion-return': 'or', 'support-card': 'cd' } as const

/** How a hospital can be reached, from any of its forms to any other. */
const institutions: readonly Carry[] = Object.entries(institutionOf).flatMap(([from, there]) =>
  Object.entries(institutionOf).map(
    ([to, here]): Carry => ({
      from: from as keyof typeof institutionOf,
      to: to as keyof typeof institutionOf,
      isOwn: true,
      items: Object.fromEntries(
        ['name', 'address', 'phone'].map(part => [`${there}.institution.${part}`, `${here}.institution.${part}`])
      )
    })
  )
)

/** Where the patient lives: by the work information, or by an earlier opinion. */
const addresses: readonly Carry[] = (['opinion-continuation', 'opinion-return'] as const).flatMap(to => {
  const here = `${institutionOf[to]}.patient.address`
  return [
    { from: 'opinion-continuation', to, items: { 'oc.patient.address': here } },
    { from: 'opinion-return', to, items: { 'or.patient.address': here } },
    { from: 'work-information', to, items: { 'wi.worker.address': here } }
  ] as const
})

/** What changes from one time to the next (leave left, remarks, the addressee) is written anew. */
export const carries: readonly Carry[] = [
  { from: 'work-information', to: 'support-card', items: workAndCard },
  { from: 'support-card', to: 'work-information', items: turned(workAndCard) },
  { from: 'support-card', to: 'support-card', items: same(...Object.values(workAndCard), 'cd.hazard') },
  ...institutions,
  ...addresses,
  {
    from: 'work-information',
    to: 'work-information',
    items: same(
      'wi.worker.address',
      'wi.occupation',
      'wi.duties.text',
      'wi.duties.activity',
      'wi.shift',
      'wi.hours.start',
      'wi.hours.end',
      'wi.hours.break',
      'wi.hours.daysPerWeek',
      'wi.overtime',
      'wi.travel',
      'wi.posting',
      'wi.commute.method',
      'wi.commute.minutes',
      'wi.schemes',
      'wi.ohp.present',
      'wi.company.name',
      'wi.company.address',
      'wi.company.phone'
    )
  },
  {
    from: 'work-information',
    to: 'support-plan',
    items: { 'wi.duties.text': 'sp.duties' },
    hours: ['wi.hours', 'sp.phase.hours']
  },
  {
    from: 'support-card',
    to: 'support-plan',
    items: { 'cd.duties': 'sp.duties' },
    hours: ['cd.hours', 'sp.phase.hours']
  },
  {
    from: 'opinion-continuation',
    to: 'support-plan',
    items: { 'oc.measures': 'sp.phase.measures', 'oc.considerations': 'sp.considerations' }
  },
  {
    from: 'opinion-return',
    to: 'support-plan',
    items: { 'or.measures': 'sp.phase.measures', 'or.considerations': 'sp.considerations' }
  },
  {
    from: 'ohp-opinion',
    to: 'support-plan',
    items: { 'oh.measures': 'sp.phase.measures', 'oh.considerations': 'sp.considerations' }
  },
  {
    from: 'support-plan',
    to: 'support-plan',
    items: same('sp.worker.gender', 'sp.department', 'sp.employeeNo', 'sp.duties')
  }
]
