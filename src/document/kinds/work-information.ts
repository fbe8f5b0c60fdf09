import type { Kind } from '../kind.ts'

/** 勤務情報提供書 (domain §1.1): made jointly by employer and worker, given to the physician by the worker. */
export const workInformation: Kind = {
  code: 'work-information',
  title: { ja: '勤務情報提供書', en: 'Work information' },
  versions: ['2024', '2026'],
  depositedBy: ['employer-hr'],
  signatureSlots: [
    { slot: 'wi.sign.worker', role: 'worker', label: '上記内容を確認しました。 (本人署名)', neededFor: 'release' },
    { slot: 'wi.sign.company', role: 'hr-staff', label: '(会社名)', neededFor: 'deposit' }
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
    'hr-staff': 'full',
    coordinator: 'full',
    'ohs-center': 'full'
  },
  purposes: ['support-consideration', 'return-judgement'],
  cannotWithhold: ['wi.worker.name']
}
