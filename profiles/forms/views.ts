import type { DisclosureClass } from '../../src/document/disclosure-class.ts'
import type { KindCode, ViewName } from '../../src/document/kind.ts'

/**
 * The most that a role may see of a kind (domain reference P-4, P-5). An item stays if its class is kept or if it or a
 * group of linkIds around it is named; identity and contact are always named one by one, so that no address of the
 * patient comes along with that of the hospital.
 */
export interface View {
  readonly kind: KindCode
  readonly view: Exclude<ViewName, 'full'>
  readonly classes: readonly DisclosureClass[]
  readonly also: readonly string[]
  /** linkIds that go although their class is kept */
  readonly except?: readonly string[]
}

/** P-4, for personnel: what the employer needs to act, without diagnosis, symptoms, treatment and free remarks. */
const processed = ['work-fitness', 'work-restriction', 'accommodation', 'treatment-schedule'] as const

/** P-5, for 所属長: what is to be carried out. */
const supervisor = ['work-fitness', 'work-restriction', 'accommodation'] as const

export const views: readonly View[] = [
  {
    kind: 'opinion-continuation',
    view: 'processed',
    classes: processed,
    also: ['oc.patient.name', 'oc.patient.birthDate', 'oc.institution']
  },
  { kind: 'opinion-continuation', view: 'supervisor', classes: supervisor, also: ['oc.patient.name'] },
  {
    kind: 'opinion-return',
    view: 'processed',
    classes: processed,
    also: ['or.patient.name', 'or.patient.birthDate', 'or.institution']
  },
  { kind: 'opinion-return', view: 'supervisor', classes: supervisor, also: ['or.patient.name'] },
  {
    kind: 'support-card',
    view: 'processed',
    classes: processed,
    also: ['cd.worker.name', 'cd.worker.birthDate', 'cd.institution']
  },
  { kind: 'support-card', view: 'supervisor', classes: supervisor, also: ['cd.worker.name'] },
  {
    kind: 'support-plan',
    view: 'processed',
    classes: [...processed, 'plan-measure', 'work-condition'],
    also: ['sp.worker.name', 'sp.worker.birthDate', 'sp.employeeNo']
  },
  {
    kind: 'support-plan',
    view: 'supervisor',
    classes: [...supervisor, 'plan-measure', 'work-condition'],
    also: ['sp.worker.name'],
    // Who talks with 産業医 about what, and when, is not among what 所属長 carry out.
    except: ['sp.followup']
  },
  {
    kind: 'ohp-opinion',
    view: 'processed',
    classes: processed,
    also: ['oh.worker.name', 'oh.nextReview']
  },
  { kind: 'ohp-opinion', view: 'supervisor', classes: supervisor, also: ['oh.worker.name'] }
]
