import type { Kind } from '../kind.ts'
import { opinionViews } from './opinion-views.ts'

/** 主治医意見書(職場復帰) (domain §1.3). */
export const opinionReturn: Kind = {
  code: 'opinion-return',
  title: { ja: '主治医意見書(職場復帰)', en: 'Attending physician’s opinion (return to work)' },
  versions: ['2024', '2026'],
  depositedBy: ['hospital'],
  signatureSlots: [
    { slot: 'or.sign.worker', role: 'worker', label: '上記内容を確認しました。 (本人署名)', neededFor: 'release' },
    {
      slot: 'or.sign.physician',
      role: 'attending-physician',
      label: '上記のとおり、職場復帰の可否等に関する意見を提出します。 (主治医署名)',
      neededFor: 'deposit'
    }
  ],
  views: opinionViews,
  purposes: ['support-consideration', 'return-judgement', 'billing-provision', 'plan-support'],
  cannotWithhold: ['or.patient.name', 'or.opinion']
}
