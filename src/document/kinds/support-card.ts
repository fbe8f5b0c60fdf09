import type { Kind } from '../kind.ts'
import { opinionViews } from './opinion-views.ts'

/** 治療と仕事の両立支援カード (domain §1.5): deposited once the physician has filled in part Ⅱ. */
export const supportCard: Kind = {
  code: 'support-card',
  title: { ja: '治療と仕事の両立支援カード', en: 'Card for balancing treatment and work' },
  versions: ['2024', '2026'],
  depositedBy: ['hospital'],
  signatureSlots: [
    { slot: 'cd.sign.physician', role: 'attending-physician', label: '医師名・署名', neededFor: 'deposit' }
  ],
  views: opinionViews,
  purposes: ['support-consideration', 'return-judgement', 'billing-provision', 'plan-support'],
  cannotWithhold: ['cd.worker.name', 'cd.opinion']
}
