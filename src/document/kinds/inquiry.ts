import type { Kind } from '../kind.ts'

/**
 * 照会 (domain §1.5b): by 産業医 or, where there is none, by HR. No form prints a place for a signature; whoever asks signs
 * the document.
 */
export const inquiry: Kind = {
  code: 'inquiry',
  title: { ja: '照会', en: 'Inquiry' },
  versions: ['2026'],
  depositedBy: ['employer-ohp', 'employer-hr'],
  signatureSlots: [],
  views: { worker: 'full', 'attending-physician': 'full', ohp: 'full', 'hr-staff': 'full' },
  purposes: ['inquiry'],
  cannotWithhold: ['iq.document', 'iq.question']
}
