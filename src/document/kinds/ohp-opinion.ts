import type { Kind } from '../kind.ts'

/**
 * 産業医の意見 (domain §1.5b): how HR officially learns what it needs; 産業医 do not forward the physician's document (P-6).
 * The matrix of domain §4 gives 所属長 nothing of it, §1.5b measures and period; the latter is meant here, after consent.
 */
export const ohpOpinion: Kind = {
  code: 'ohp-opinion',
  title: { ja: '産業医の意見', en: 'Opinion of the occupational physician' },
  versions: ['2026'],
  depositedBy: ['employer-ohp'],
  signatureSlots: [{ slot: 'oh.sign.ohp', role: 'ohp', label: '(産業医)', neededFor: 'deposit' }],
  views: {
    worker: 'full',
    'attending-physician': 'full',
    ohp: 'full',
    'oh-nurse': 'full',
    'general-safety-health-manager': 'full',
    'health-manager': 'full',
    'safety-health-promoter': 'full',
    'health-promoter': 'full',
    'hr-staff': 'processed',
    'personnel-authority': 'processed',
    supervisor: 'supervisor',
    coordinator: 'full',
    'ohs-center': 'full'
  },
  purposes: ['support-consideration', 'return-judgement', 'plan-support'],
  cannotWithhold: ['oh.worker.name', 'oh.workClass']
}
