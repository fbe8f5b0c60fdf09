import { display, type Form, group, question } from './form.ts'
import { company, finalNote, institution, ohpPresent, period, workingHours } from './shared.ts'

/** 治療と仕事の両立支援カード (domain reference §1.5): part Ⅰ by the worker, part Ⅱ by the physician. */
export const supportCard: Form = {
  kind: 'support-card',
  versions: ['2024', '2026'],
  title: { ja: '治療と仕事の両立支援カード', en: 'Card for balancing treatment and work' },
  description: '両立支援カード。見開きで、Ⅰは本人、Ⅱは医師が記載する。',
  items: [
    display('cd.part.worker', 'Ⅰ.本人記載欄', 'Ⅰ. Part for the worker'),
    question('cd.worker.name', ['string', '1..1', 'identity'], '氏名', 'Name'),
    question('cd.worker.birthDate', ['date', '1..1', 'identity'], '生年月日', 'Date of birth'),
    question(
      'cd.duties',
      ['text', '1..1', 'work-condition'],
      '職務内容(有期雇用の場合は雇用契約期間も併せてご記入ください)',
      'Duties (for fixed-term employment please write the contract period too)'
    ),
    ...workingHours('cd.hours', '勤務時間 時分～時分(休憩 時間。週 日間。)'),
    question(
      'cd.hazard',
      ['choice', '0..*', 'work-condition'],
      '1 上記職務内容に含まれる作業(該当する作業に〇を記してください)',
      '1 Work contained in these duties (please mark what applies)',
      { options: 'card-hazard' }
    ),
    question(
      'cd.worker.more',
      ['text', '0..*', 'remark'],
      '本人記載欄2以降の記載事項',
      'Entries of the worker’s part from section 2 on',
      { unconfirmed: true }
    ),
    ohpPresent('cd'),
    ...company('cd', { since: '2026' }),
    group(
      'cd.employerConfirmed',
      ['0..1', 'contact'],
      '本人記載欄についての事業者の確認',
      'The employer’s confirmation of the worker’s part',
      [
        question('cd.employerConfirmed.by', ['string', '1..1', 'contact'], '確認者', 'Confirmed by'),
        question('cd.employerConfirmed.on', ['date', '1..1', 'contact'], '確認日', 'Confirmed on')
      ],
      { unconfirmed: true }
    ),
    display('cd.part.physician', 'Ⅱ.医師記載欄', 'Ⅱ. Part for the physician'),
    question('cd.diagnosis', ['string', '1..1', 'diagnosis'], '診断名', 'Diagnosis'),
    question('cd.symptoms', ['text', '1..1', 'symptom'], '現在の症状', 'Present symptoms'),
    question('cd.treatmentPlan', ['text', '1..1', 'treatment'], '今後の治療内容', 'Treatment ahead'),
    question('cd.visitFrequency', ['string', '0..1', 'treatment-schedule'], '通院頻度', 'Frequency of visits'),
    question('cd.opinion', ['choice', '1..1', 'work-fitness'], '就労に関する意見', 'Opinion on working', {
      options: 'card-opinion'
    }),
    ...period(
      'cd.opinion.period',
      '就労に関する意見の期間',
      '( 年 月 日 ～ 年 月 日)',
      'Period of the opinion on working',
      []
    ),
    question(
      'cd.measures.a',
      ['text', '0..1', 'work-restriction'],
      'ア 病勢の悪化や労働災害など事故に巻き込まれることを防ぐために配慮が必要な事項(本人記載欄1の作業に対応する配慮事項)',
      'ア What needs consideration to prevent the disease from getting worse and accidents at work (for the work in section 1 of the worker’s part)'
    ),
    question(
      'cd.measures.b',
      ['text', '0..1', 'accommodation'],
      'イ その他の配慮事項・アの配慮の補足',
      'イ Other considerations, additions to ア',
      { unconfirmed: true }
    ),
    question('cd.measures.c', ['text', '0..1', 'remark'], 'ウ', 'ウ', { unconfirmed: true }),
    ...institution('cd'),
    finalNote('cd')
  ],
  extracts: [
    { as: 'job', duties: 'cd.duties', hazards: 'cd.hazard', hours: 'cd.hours' },
    { as: 'opinion', item: 'cd.opinion', period: 'cd.opinion.period' },
    { as: 'lines', item: 'cd.measures.a', period: 'cd.opinion.period' },
    { as: 'lines', item: 'cd.measures.b', period: 'cd.opinion.period' },
    { as: 'lines', item: 'cd.measures.c', period: 'cd.opinion.period' },
    { as: 'lines', item: 'cd.visitFrequency' }
  ]
}
