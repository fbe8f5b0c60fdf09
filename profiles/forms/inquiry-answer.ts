import { type Form, question } from './form.ts'

/** 回答 (domain reference §1.5b). No official form is known. */
export const inquiryAnswer: Form = {
  kind: 'inquiry-answer',
  versions: ['2026'],
  title: { ja: '回答', en: 'Answer to an inquiry' },
  description: '照会への主治医の回答。公的な様式はなく、すべての項目は本プロジェクトの仮定。',
  items: [
    question('ia.inquiry', ['string', '1..1', 'remark'], '回答する照会', 'The inquiry that is answered'),
    question('ia.answer', ['text', '1..1', 'remark'], '回答', 'Answer')
  ]
}
