import type { Kind } from '../kind.ts'
import { opinionViews } from './opinion-views.ts'

/** 主治医意見書(就業継続) (domain §1.2), which doubles as 診断書. */
export const opinionContinuation: Kind = {
  code: 'opinion-continuation',
  title: { ja: '主治医意見書(就業継続)', en: 'Attending physician’s opinion (continuing work)' },
  versions: ['2024', '2026'],
  depositedBy: ['hospital'],
  signatureSlots: [
    { slot: 'oc.sign.worker', role: 'worker', label: '上記内容を確認しました。 (本人署名)', neededFor: 'release' },
    {
      slot: 'oc.sign.physician',
      role: 'attending-physician',
      label: '上記のとおり、診断し、就業継続の可否等に関する意見を提出します。 (主治医署名)',
      neededFor: 'deposit'
    }
  ],
  views: opinionViews,
  purposes: ['support-consideration', 'billing-provision', 'plan-support'],
  cannotWithhold: ['oc.patient.name', 'oc.canWork']
}
