import { type Form, question } from './form.ts'
import { finalNote, institution, recommendations, useNote, visitSchedule } from './shared.ts'

/** 主治医意見書(職場復帰) (domain reference §1.3; 別紙様式49). It has no 病名, 症状 or 治療の予定. */
export const opinionReturn: Form = {
  kind: 'opinion-return',
  versions: ['2024', '2026'],
  title: {
    ja: '職場復帰の可否等についての主治医意見書',
    en: 'Attending physician’s opinion on the return to work'
  },
  description: '主治医意見書(職場復帰)。診療報酬の別紙様式49。病名、症状、治療の予定の欄はない。',
  items: [
    question('or.patient.name', ['string', '1..1', 'identity'], '患者氏名', 'Name of the patient'),
    question('or.patient.birthDate', ['date', '1..1', 'identity'], '生年月日', 'Date of birth'),
    question('or.patient.address', ['string', '0..1', 'contact'], '住所', 'Address'),
    question('or.opinion', ['choice', '1..1', 'work-fitness'], '復職に関する意見', 'Opinion on the return to work', {
      options: 'return-opinion'
    }),
    question('or.absentUntil', ['date', '1..1', 'work-fitness'], '(休業:～ 年 月 日)', '(Absent until)', {
      onlyWhen: { question: 'or.opinion', code: 'not-now' }
    }),
    question('or.opinionText', ['text', '0..1', 'remark'], '意見', 'Opinion'),
    ...recommendations('or', 'or.opinion', [visitSchedule('or')]),
    ...institution('or'),
    finalNote('or'),
    useNote('or')
  ],
  extracts: [
    { as: 'opinion', item: 'or.opinion', until: 'or.absentUntil' },
    { as: 'lines', item: 'or.measures', period: 'or.period' },
    { as: 'lines', item: 'or.considerations', period: 'or.period' },
    { as: 'lines', item: 'or.visitSchedule' }
  ]
}
