import { type Form, group, question } from './form.ts'

/** 両立支援プラン／職場復帰支援プラン (domain reference §1.4). */
export const supportPlan: Form = {
  kind: 'support-plan',
  versions: ['2024', '2026'],
  title: { ja: '両立支援プラン／職場復帰支援プラン', en: 'Support plan / return-to-work support plan' },
  description:
    '両立支援プラン／職場復帰支援プラン。①治療・投薬等の状況及び今後の治療・通院の予定 ②就業上の措置及び治療への配慮の具体的内容及び実施時期・期間 ③フォローアップの方法及びスケジュールを含む。配置は本プロジェクトによる。',
  items: [
    question(
      'sp.kind',
      ['choice', '1..1', 'plan-measure'],
      '両立支援プラン / 職場復帰支援プラン',
      'Support plan / return-to-work support plan',
      { options: 'plan-kind' }
    ),
    question('sp.createdOn', ['date', '1..1', 'plan-measure'], '作成日', 'Date of writing'),
    question('sp.worker.name', ['string', '1..1', 'identity'], '従業員氏名', 'Name of the employee'),
    question('sp.worker.birthDate', ['date', '1..1', 'identity'], '生年月日', 'Date of birth'),
    question('sp.worker.gender', ['choice', '0..1', 'identity'], '性別(男・女)', 'Gender (male, female)', {
      options: 'gender'
    }),
    question('sp.department', ['string', '0..1', 'work-condition'], '所属', 'Department'),
    question('sp.employeeNo', ['string', '0..1', 'identity'], '従業員番号', 'Employee number'),
    question(
      'sp.treatment',
      ['text', '1..1', 'treatment'],
      '治療・投薬等の状況、今後の予定',
      'State of treatment and medication, and what is planned'
    ),
    question('sp.returnDate', ['date', '1..1', 'plan-measure'], '職場復帰日', 'Day of return to work', {
      onlyWhen: { question: 'sp.kind', code: 'return' }
    }),
    group('sp.phase', ['1..*', 'plan-measure'], '(期間の行)', '(Row of a period)', [
      question('sp.phase.period', ['string', '1..1', 'plan-measure'], '期間', 'Period', {
        help: [{ ja: '1か月目, 2か月目 …', en: 'First month, second month …' }]
      }),
      question('sp.phase.hours', ['string', '1..1', 'plan-measure'], '勤務時間', 'Working hours', {
        help: [{ ja: '10:00～15:00(1時間休憩)', en: '10:00–15:00 (break of one hour)' }]
      }),
      question(
        'sp.phase.measures',
        ['text', '1..1', 'plan-measure'],
        '就業上の措置・治療への配慮等',
        'Work measures and considerations for the treatment',
        {
          help: [
            {
              ja: '短時間勤務、残業・深夜勤務・遠隔地出張禁止、作業転換、通院配慮 …',
              en: 'Shortened hours, no overtime, night work or distant trips, change of work, time for visits …'
            }
          ]
        }
      ),
      question(
        'sp.phase.treatment',
        ['text', '0..1', 'treatment'],
        '(参考)治療等の予定',
        '(For reference) Planned treatment'
      )
    ]),
    question('sp.duties', ['text', '0..1', 'work-condition'], '業務内容', 'Duties'),
    question(
      'sp.considerations',
      ['text', '0..1', 'accommodation'],
      'その他就業上の配慮事項',
      'Other considerations at work'
    ),
    question(
      'sp.followup',
      ['text', '1..1', 'plan-measure'],
      'その他(フォローアップの方法及びスケジュール)',
      'Other (method and schedule of the follow-up)'
    )
  ]
}
