import type { Kind } from '../kind.ts'

const confirmed = '上記内容について確認しました。'

/**
 * 両立支援プラン／職場復帰支援プラン (domain §1.4). 所属長 and 産業医 confirm what they see after the release, so that
 * their slots hold nothing up.
 */
export const supportPlan: Kind = {
  code: 'support-plan',
  title: { ja: '両立支援プラン / 職場復帰支援プラン', en: 'Support plan / return-to-work support plan' },
  versions: ['2024', '2026'],
  depositedBy: ['employer-hr'],
  signatureSlots: [
    { slot: 'sp.sign.worker', role: 'worker', label: `${confirmed} (本人)`, neededFor: 'release' },
    { slot: 'sp.sign.supervisor', role: 'supervisor', label: `${confirmed} (所属長)`, neededFor: 'none' },
    { slot: 'sp.sign.hr', role: 'hr-staff', label: `${confirmed} (人事部)`, neededFor: 'deposit' },
    { slot: 'sp.sign.ohp', role: 'ohp', label: `${confirmed} (産業医)`, neededFor: 'none' }
  ],
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
  purposes: ['support-consideration', 'plan-support'],
  cannotWithhold: ['sp.worker.name', 'sp.kind']
}
