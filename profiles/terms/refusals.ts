import { catalogue } from '../../src/outcome/catalogue.ts'
import type { TermList } from './term.ts'

/** Every refusal of the gateway as a code, with its words: made from the catalogue, so that neither can drift. */
export const refusals: TermList = {
  title: { ja: '拒否の理由', en: 'Refusals' },
  description: 'ゲートウェイが断るときの理由。相手先はこの符号で分岐する。',
  terms: Object.entries(catalogue).map(([code, { ja, en }]) => ({ code, ja, en }))
}
