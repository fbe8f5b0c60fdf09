import { type Display, display, type Item, type Question, question } from './form.ts'

/** What both opinions ask in the same words: measures, considerations and the period of both. */
export function recommendations(prefix: 'oc' | 'or', opinion: string, between: readonly Item[] = []): readonly Item[] {
  const measures = `${prefix}.measures`
  const considerations = `${prefix}.considerations`
  return [
    question(
      measures,
      ['text', '0..1', 'work-restriction'],
      '業務の内容について職場で配慮したほうがよいこと(望ましい就業上の措置)',
      'What the workplace had better take into account in the work (desirable work measures)',
      {
        requiredWhen: [{ question: opinion, code: 'conditional' }],
        help: [
          {
            ja: '例:重いものを持たない、暑い場所での作業は避ける、車の運転は不可、残業を避ける、長期の出張や海外出張は避ける など',
            en: 'For example: no lifting of heavy things, no work in hot places, no driving, no overtime, no long trips or trips abroad'
          },
          {
            ja: '注)提供された勤務情報を踏まえて、医学的見地から必要と考えられる配慮等の記載をお願いします。',
            en: 'Note: please write what seems medically necessary in view of the work information that was provided.'
          }
        ]
      }
    ),
    question(considerations, ['text', '0..1', 'accommodation'], 'その他配慮事項', 'Other considerations', {
      help: [
        {
          ja: '例:通院時間を確保する、休憩場所を確保する など',
          en: 'For example: time for hospital visits, a place to rest'
        },
        {
          ja: '注)治療のために必要と考えられる配慮等の記載をお願いします。',
          en: 'Note: please write what seems necessary for the treatment.'
        }
      ]
    }),
    ...between,
    ...period(
      `${prefix}.period`,
      '上記の措置期間',
      '上記の措置期間 年 月 日 ～ 年 月 日',
      'Period of the above measures',
      [measures, considerations]
    )
  ]
}

/**
 * Two dates under one printed label, the second not before the first.
 * @param neededFor linkIds of which one that was answered makes both dates necessary
 */
export function period(
  linkId: string,
  ja: string,
  label: string,
  en: string,
  neededFor: readonly string[]
): readonly Item[] {
  const requiredWhen = neededFor.map(each => ({ question: each, exists: true }) as const)
  const needed = requiredWhen.length > 0 ? { requiredWhen } : {}
  return [
    display(linkId, label, en),
    question(`${linkId}.start`, ['date', '0..1', 'work-restriction'], `${ja}(開始日)`, `${en} (first day)`, needed),
    question(`${linkId}.end`, ['date', '0..1', 'work-restriction'], `${ja}(終了日)`, `${en} (last day)`, {
      ...needed,
      notBefore: `${linkId}.start`
    })
  ]
}

/** Visits and absences without a word on the treatment, so that HR can plan leave. Our addition. */
export function visitSchedule(prefix: 'oc' | 'or'): Question {
  return question(
    `${prefix}.visitSchedule`,
    ['text', '0..1', 'treatment-schedule'],
    '通院・休業の予定(治療内容は書かない)',
    'Planned visits and absences (without the content of the treatment)',
    { unconfirmed: true }
  )
}

/** 医療機関の連絡先, added in 2026. */
export function institution(prefix: 'oc' | 'or' | 'cd'): readonly Item[] {
  const linkId = `${prefix}.institution`
  const added = { since: '2026' } as const
  return [
    display(
      linkId,
      '医療機関の連絡先(住所、電話番号)',
      'Contact of the medical institution (address, telephone)',
      added
    ),
    question(`${linkId}.name`, ['string', '1..1', 'contact'], '医療機関名', 'Name of the medical institution', added),
    question(
      `${linkId}.address`,
      ['string', '1..1', 'contact'],
      '医療機関の連絡先(住所)',
      'Contact of the medical institution (address)',
      added
    ),
    question(
      `${linkId}.phone`,
      ['string', '1..1', 'contact'],
      '医療機関の連絡先(電話番号)',
      'Contact of the medical institution (telephone)',
      added
    )
  ]
}

/** The note of 2026: who decides. */
export function finalNote(prefix: 'oc' | 'or' | 'cd'): Display {
  return display(
    `${prefix}.note.final`,
    '職場復帰・就業継続の可否や具体的な就業上の配慮等に関しては、主治医の意見をもとに、産業医等の意見を勘案しつつ、労働者と十分話し合った上で、事業者が最終的に決定するものである。',
    'Whether the worker returns or continues, and which measures are taken, is decided finally by the employer, on the basis of the attending physician’s opinion, considering that of the occupational physician and others, after full discussion with the worker.',
    { since: '2026' }
  )
}

/** What the opinion is for, printed last. */
export function useNote(prefix: 'oc' | 'or'): Display {
  return display(
    `${prefix}.note.use`,
    '(注)この様式は、患者が病状を悪化させることなく治療と就労を両立できるよう、職場での対応を検討するために使用するものです。この書類は、患者本人から会社に提供され、プライバシーに十分配慮して管理されます。',
    '(Note) This form serves to consider what the workplace can do so that the patient can combine treatment and work without getting worse. It is given to the company by the patient and kept with full regard to privacy.'
  )
}

/** 勤務時間; the end may be earlier than the start (night work). */
export function workingHours(linkId: string, label: string): readonly Item[] {
  return [
    display(linkId, label, 'Working hours'),
    question(`${linkId}.start`, ['time', '1..1', 'work-condition'], '勤務時間(始業)', 'Working hours (start)'),
    question(`${linkId}.end`, ['time', '1..1', 'work-condition'], '勤務時間(終業)', 'Working hours (end)'),
    question(`${linkId}.break`, ['decimal', '0..1', 'work-condition'], '休憩 時間', 'Break (hours)', {
      unit: 'h',
      min: 0
    }),
    question(`${linkId}.daysPerWeek`, ['integer', '0..1', 'work-condition'], '週 日間', 'Days a week', {
      unit: 'd',
      min: 1,
      max: 7
    })
  ]
}

/** 産業医の有無. */
export function ohpPresent(prefix: 'wi' | 'cd'): Question {
  return question(
    `${prefix}.ohp.present`,
    ['choice', '1..1', 'work-condition'],
    '産業医の有無',
    'Is an occupational physician appointed?',
    { options: 'present-absent', since: '2026' }
  )
}

/** 会社名 and, added in 2026, how to reach the company. */
export function company(prefix: 'wi' | 'cd', nameSince: { readonly since?: '2026' }): readonly Item[] {
  const linkId = `${prefix}.company`
  const added = { since: '2026' } as const
  return [
    question(`${linkId}.name`, ['string', '1..1', 'contact'], '(会社名)', '(Name of the company)', nameSince),
    question(
      `${linkId}.address`,
      ['string', '1..1', 'contact'],
      '会社の連絡先(住所)',
      'Contact of the company (address)',
      added
    ),
    question(
      `${linkId}.phone`,
      ['string', '1..1', 'contact'],
      '会社の連絡先(電話番号)',
      'Contact of the company (telephone)',
      added
    )
  ]
}
