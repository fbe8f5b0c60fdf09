import { type Form, question } from './form.ts'

/**
 * 照会 (domain reference §1.5b). No official form is known. All of it is class `remark`: what one asks about a document
 * may hold anything.
 */
export const inquiry: Form = {
  kind: 'inquiry',
  versions: ['2026'],
  title: { ja: '照会', en: 'Inquiry' },
  description: '主治医への照会。公的な様式はなく、すべての項目は本プロジェクトの仮定。',
  items: [
    question('iq.document', ['string', '1..1', 'remark'], '照会の対象となる文書', 'The document asked about'),
    question('iq.linkId', ['string', '0..*', 'remark'], '照会の対象となる項目', 'The items asked about'),
    question('iq.question', ['text', '1..1', 'remark'], '照会事項', 'Question'),
    question('iq.deadline', ['date', '0..1', 'remark'], '回答期限', 'Answer wanted by')
  ]
}
