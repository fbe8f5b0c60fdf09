import { display, type Form, question } from './form.ts'
import { company, ohpPresent, workingHours } from './shared.ts'

/** 勤務情報提供書 (domain reference §1.1). */
export const workInformation: Form = {
  kind: 'work-information',
  versions: ['2024', '2026'],
  title: {
    ja: '勤務情報を主治医に提供する際の様式例',
    en: 'Model form for giving work information to the attending physician'
  },
  description:
    '勤務情報提供書。労働者と事業者が共同で作成し、労働者が主治医に渡す。病名を含まない。項目名は厚生労働省の様式例により、配置は本プロジェクトによる。',
  items: [
    question(
      'wi.addressee',
      ['string', '1..1', 'contact'],
      '(主治医所属・氏名)先生',
      'To Dr (institution and name of the attending physician)'
    ),
    display(
      'wi.heading',
      '今後の就業継続の可否、業務の内容について職場で配慮したほうがよいことなどについて、先生にご意見をいただくための従業員の勤務に関する情報です。どうぞよろしくお願い申し上げます。',
      'This is information on our employee’s work, so that you can give your opinion on whether the work can continue and what the workplace had better take into account. Thank you for your kind attention.'
    ),
    question('wi.worker.name', ['string', '1..1', 'identity'], '従業員氏名', 'Name of the employee'),
    question('wi.worker.birthDate', ['date', '1..1', 'identity'], '生年月日', 'Date of birth'),
    question('wi.worker.address', ['string', '1..1', 'contact'], '住所', 'Address'),
    question('wi.occupation', ['string', '1..1', 'work-condition'], '職種', 'Occupation', {
      help: [{ ja: '事務職、自動車の運転手、建設作業員など', en: 'Office work, driver, construction worker and so on' }]
    }),
    question(
      'wi.duties.text',
      ['text', '1..1', 'work-condition'],
      '職務内容(作業場所・作業内容)',
      'Duties (place and content of work)'
    ),
    question('wi.duties.activity', ['choice', '0..*', 'work-condition'], '(作業の種類)', '(Kinds of work)', {
      options: 'work-activity'
    }),
    question('wi.shift', ['open-choice', '1..1', 'work-condition'], '勤務形態', 'Shift pattern', {
      options: 'work-shift'
    }),
    ...workingHours('wi.hours', '勤務時間 時 分 ～ 時 分'),
    question(
      'wi.overtime',
      ['text', '0..1', 'work-condition'],
      '時間外・休日労働の状況',
      'Overtime and work on days off'
    ),
    question(
      'wi.travel',
      ['text', '0..1', 'work-condition'],
      '国内・海外出張の状況',
      'Business trips at home and abroad'
    ),
    question('wi.posting', ['text', '0..1', 'work-condition'], '単身赴任の状況', 'Posting away from the family', {
      unconfirmed: true
    }),
    question('wi.commute.method', ['open-choice', '0..*', 'work-condition'], '通勤方法', 'Means of commuting', {
      options: 'commute-method'
    }),
    question('wi.commute.minutes', ['integer', '0..1', 'work-condition'], '通勤時間', 'Commuting time (one way)', {
      unit: 'min',
      min: 0
    }),
    question(
      'wi.leave.until',
      ['date', '0..1', 'employment-terms'],
      '休業可能期間 年 月 日まで',
      'Leave is possible until'
    ),
    question('wi.leave.days', ['integer', '0..1', 'employment-terms'], '( 日間)', '(days)', { unit: 'd', min: 0 }),
    question('wi.leave.paid', ['choice', '0..1', 'employment-terms'], '給与支給', 'Pay during leave', {
      options: 'yes-no'
    }),
    question(
      'wi.leave.allowancePercent',
      ['integer', '0..1', 'employment-terms'],
      '傷病手当金 ％',
      'Sickness allowance (per cent)',
      { unit: '%', min: 0, max: 100 }
    ),
    question(
      'wi.annualLeaveDays',
      ['decimal', '0..1', 'employment-terms'],
      '有給休暇日数 残 日間',
      'Annual leave left (days)',
      { unit: 'd', min: 0 }
    ),
    question('wi.remarks', ['text', '0..1', 'remark'], 'その他特記事項', 'Other remarks'),
    question('wi.schemes', ['open-choice', '0..*', 'employment-terms'], '利用可能な制度', 'Available schemes', {
      options: 'available-scheme'
    }),
    ohpPresent('wi'),
    ...company('wi', {})
  ],
  extracts: [
    { as: 'request', addressee: 'wi.addressee', forms: ['opinion-continuation', 'opinion-return'] },
    {
      as: 'job',
      occupation: 'wi.occupation',
      duties: 'wi.duties.text',
      activities: 'wi.duties.activity',
      shift: 'wi.shift',
      hours: 'wi.hours'
    }
  ]
}
