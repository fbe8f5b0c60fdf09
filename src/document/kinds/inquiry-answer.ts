import type { Kind } from '../kind.ts'

/** 回答 (domain §1.5b): the physician's answer, to the party that asked and nobody else. */
export const inquiryAnswer: Kind = {
  code: 'inquiry-answer',
  title: { ja: '回答', en: 'Answer to an inquiry' },
  versions: ['2026'],
  depositedBy: ['hospital'],
  signatureSlots: [
    { slot: 'ia.sign.physician', role: 'attending-physician', label: '(主治医署名)', neededFor: 'deposit' }
  ],
  views: { worker: 'full', 'attending-physician': 'full', ohp: 'full', 'hr-staff': 'full' },
  purposes: ['inquiry'],
  cannotWithhold: ['ia.inquiry', 'ia.answer']
}
