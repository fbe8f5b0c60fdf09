import type { Kind } from '../kind.ts'

/**
 * Who may see a physician's opinion or card, and the most of it (domain §4, matrix; P-3 to P-5). Personnel and the
 * safety and health managers stand at what holds where 産業医等 exist. Where there are none they may be offered more, but
 * only after the worker confirmed that (P-16), which is a fact of the case and no matter of the kind.
 */
export const opinionViews: Kind['views'] = {
  worker: 'full',
  'attending-physician': 'full',
  ohp: 'full',
  'oh-nurse': 'full',
  'general-safety-health-manager': 'processed',
  'health-manager': 'processed',
  'safety-health-promoter': 'processed',
  'health-promoter': 'processed',
  'hr-staff': 'processed',
  'personnel-authority': 'processed',
  supervisor: 'supervisor',
  coordinator: 'full',
  'ohs-center': 'full'
}
