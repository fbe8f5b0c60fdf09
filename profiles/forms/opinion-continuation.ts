import { type Form, question } from './form.ts'
import { finalNote, institution, recommendations, useNote, visitSchedule } from './shared.ts'

/** 主治医意見書(就業継続) (domain reference §1.2; 別紙様式49の2). */
export const opinionContinuation: Form = {
  kind: 'opinion-continuation',
  versions: ['2024', '2026'],
  title: {
    ja: '治療の状況や就業継続の可否等についての主治医意見書',
    en: 'Attending physician’s opinion on the treatment and on continuing work'
  },
  description: '主治医意見書(就業継続)。診断書と兼用。診療報酬の別紙様式49の2。',
  items: [
    question('oc.patient.name', ['string', '1..1', 'identity'], '患者氏名', 'Name of the patient'),
    question('oc.patient.birthDate', ['date', '1..1', 'identity'], '生年月日', 'Date of birth'),
    question('oc.patient.address', ['string', '0..1', 'contact'], '住所', 'Address'),
    question('oc.diagnosis', ['string', '1..1', 'diagnosis'], '病名', 'Name of the disease'),
    question('oc.symptoms', ['text', '1..1', 'symptom'], '現在の症状', 'Present symptoms', {
      help: [
        {
          ja: '(通勤や業務遂行に影響を及ぼし得る症状や薬の副作用等)',
          en: '(symptoms and side effects of drugs that can affect commuting or work)'
        }
      ]
    }),
    question('oc.treatmentPlan', ['text', '1..1', 'treatment'], '治療の予定', 'Planned treatment', {
      help: [
        {
          ja: '(入院治療・通院治療の必要性、今後のスケジュール(半年間、月1回の通院が必要、等))',
          en: '(whether admission or visits are needed, the schedule ahead (a visit a month for half a year, and so on))'
        }
      ]
    }),
    visitSchedule('oc'),
    question(
      'oc.canWork',
      ['choice', '1..1', 'work-fitness'],
      '退院後／治療中の就業継続の可否',
      'Whether work can continue after discharge or during treatment',
      { options: 'work-continuation' }
    ),
    ...recommendations('oc', 'oc.canWork'),
    ...institution('oc'),
    finalNote('oc'),
    useNote('oc')
  ],
  extracts: [
    { as: 'opinion', item: 'oc.canWork' },
    { as: 'lines', item: 'oc.measures', period: 'oc.period' },
    { as: 'lines', item: 'oc.considerations', period: 'oc.period' },
    { as: 'lines', item: 'oc.visitSchedule' }
  ]
}
