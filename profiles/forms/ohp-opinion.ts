import { type Form, question } from './form.ts'
import { period } from './shared.ts'

/** 産業医の意見 (domain reference §1.5b): the official way for HR to learn what it needs. No official form is known. */
export const ohpOpinion: Form = {
  kind: 'ohp-opinion',
  versions: ['2026'],
  title: { ja: '産業医の意見', en: 'Opinion of the occupational physician' },
  description: '産業医の意見。公的な様式はなく、すべての項目は本プロジェクトの仮定。',
  items: [
    question('oh.worker.name', ['string', '1..1', 'identity'], '従業員氏名', 'Name of the employee'),
    question('oh.workClass', ['choice', '1..1', 'work-fitness'], '就業区分', 'Work class', {
      options: 'ohp-work-class'
    }),
    question('oh.measures', ['text', '0..1', 'work-restriction'], '就業上の措置', 'Work measures', {
      requiredWhen: [{ question: 'oh.workClass', code: 'restricted' }]
    }),
    question(
      'oh.considerations',
      ['text', '0..1', 'accommodation'],
      '治療への配慮',
      'Considerations for the treatment'
    ),
    ...period('oh.period', '期間', '期間', 'Period', ['oh.measures', 'oh.considerations']),
    question('oh.opinion', ['text', '0..1', 'remark'], '意見', 'Opinion'),
    question('oh.nextReview', ['date', '0..1', 'plan-measure'], '次回確認日', 'Day of the next review')
  ],
  extracts: [
    { as: 'opinion', item: 'oh.workClass' },
    { as: 'lines', item: 'oh.measures', period: 'oh.period' },
    { as: 'lines', item: 'oh.considerations', period: 'oh.period' }
  ]
}
