import type { TermList } from './term.ts'

/** The lists that questions offer (domain reference §1.7), by the name of their code system. */
export const answerLists = {
  'work-activity': {
    title: { ja: '作業の種類', en: 'Work activities' },
    description: '勤務情報提供書の職務内容にある作業の種類。',
    terms: [
      { code: 'heavy-work', ja: '体を使う作業(重作業)', en: 'Physical work (heavy)' },
      { code: 'light-work', ja: '体を使う作業(軽作業)', en: 'Physical work (light)' },
      { code: 'prolonged-standing', ja: '長時間立位', en: 'Standing for long hours' },
      { code: 'hot-place', ja: '暑熱場所での作業', en: 'Work in hot places' },
      { code: 'cold-place', ja: '寒冷場所での作業', en: 'Work in cold places' },
      { code: 'height', ja: '高所作業', en: 'Work at height' },
      { code: 'vehicle-driving', ja: '車の運転', en: 'Driving a vehicle' },
      { code: 'machine-operation', ja: '機械の運転・操作', en: 'Operating machinery' },
      { code: 'interpersonal', ja: '対人業務', en: 'Work with people' },
      { code: 'remote-trip-domestic', ja: '遠隔地出張(国内)', en: 'Business trips to distant places (domestic)' },
      { code: 'overseas-trip', ja: '海外出張', en: 'Business trips abroad' },
      { code: 'solo-posting', ja: '単身赴任', en: 'Posting away from the family' }
    ]
  },
  'work-shift': {
    title: { ja: '勤務形態', en: 'Shift pattern' },
    description: '勤務情報提供書の勤務形態。',
    terms: [
      { code: 'day', ja: '常昼勤務', en: 'Day work' },
      { code: 'two-shift', ja: '二交替勤務', en: 'Two shifts' },
      { code: 'three-shift', ja: '三交替勤務', en: 'Three shifts' },
      { code: 'other', ja: 'その他( )', en: 'Other ( )' }
    ]
  },
  'commute-method': {
    title: { ja: '通勤方法', en: 'Means of commuting' },
    description: '勤務情報提供書の通勤方法。',
    terms: [
      { code: 'walk', ja: '徒歩', en: 'On foot' },
      { code: 'public-seated', ja: '公共交通機関(着座可能)', en: 'Public transport (seat available)' },
      { code: 'public-standing', ja: '公共交通機関(着座不可能)', en: 'Public transport (no seat available)' },
      { code: 'car', ja: '自動車', en: 'Car' },
      { code: 'other', ja: 'その他( )', en: 'Other ( )' }
    ]
  },
  'available-scheme': {
    title: { ja: '利用可能な制度', en: 'Available schemes' },
    description: '勤務情報提供書の利用可能な制度。',
    terms: [
      { code: 'hourly-annual-leave', ja: '時間単位の年次有給休暇', en: 'Annual leave by the hour' },
      { code: 'sick-leave', ja: '傷病休暇・病気休暇', en: 'Sick leave' },
      { code: 'staggered-hours', ja: '時差出勤制度', en: 'Staggered working hours' },
      { code: 'short-hours', ja: '短時間勤務制度', en: 'Shortened working hours' },
      { code: 'telework', ja: '在宅勤務(テレワーク)', en: 'Working from home (telework)' },
      { code: 'trial-attendance', ja: '試し出勤制度', en: 'Trial attendance' },
      { code: 'other', ja: 'その他( )', en: 'Other ( )' }
    ]
  },
  'work-continuation': {
    title: { ja: '就業継続の可否', en: 'Whether work can continue' },
    description: '主治医意見書(就業継続)の就業継続の可否。',
    terms: [
      {
        code: 'yes',
        ja: '可(職務の健康への悪影響は見込まれない)',
        en: 'Yes (no harm to health is expected from the duties)'
      },
      {
        code: 'conditional',
        ja: '条件付きで可(就業上の措置があれば可能)',
        en: 'With conditions (possible with work measures)'
      },
      { code: 'not-now', ja: '現時点で不可(療養の継続が望ましい)', en: 'Not at present (continued rest is advisable)' }
    ]
  },
  'return-opinion': {
    title: { ja: '復職に関する意見', en: 'Opinion on return to work' },
    description: '主治医意見書(職場復帰)の復職に関する意見。',
    terms: [
      { code: 'yes', ja: '復職可', en: 'Can return to work' },
      { code: 'conditional', ja: '条件付き可', en: 'With conditions' },
      { code: 'not-now', ja: '現時点で不可(休業:～ 年 月 日)', en: 'Not at present (absence until …)' }
    ]
  },
  'card-opinion': {
    title: { ja: '就労に関する意見', en: 'Opinion on working' },
    description: '両立支援カードの就労に関する意見。not-now の文言は未確認。',
    terms: [
      { code: 'yes', ja: '可', en: 'Yes' },
      { code: 'conditional', ja: '下記ア～ウの条件付き可', en: 'Under the conditions ア to ウ below' },
      { code: 'not-now', ja: '現時点では不可', en: 'Not at present' }
    ]
  },
  'card-hazard': {
    title: { ja: '職務内容に含まれる作業', en: 'Work contained in the duties' },
    description: '両立支援カード本人記載欄1の作業。(3)の②以降は未確認のため含まない。',
    groups: {
      'physical-load': { ja: '(1)身体上の負荷がある作業', en: '(1) Work with a physical load' },
      'accident-risk': { ja: '(2)事故の可能性が高まる作業', en: '(2) Work with a raised risk of accidents' },
      'mental-load': { ja: '(3)心身の負担が高いと感じられる作業', en: '(3) Work felt as a strain on mind and body' }
    },
    terms: [
      { code: 'p1-standing', group: 'physical-load', ja: '①立位作業', en: '① Standing work' },
      {
        code: 'p2a-heavy-object',
        group: 'physical-load',
        ja: '②-a 重量物の取扱作業',
        en: '②-a Handling heavy objects'
      },
      {
        code: 'p2b-large-motion',
        group: 'physical-load',
        ja: '②-b 体を大きく動かす作業',
        en: '②-b Work with large movements'
      },
      {
        code: 'p3-heat-cold-outdoor',
        group: 'physical-load',
        ja: '③暑熱/寒冷/屋外作業',
        en: '③ Work in heat, cold or outdoors'
      },
      {
        code: 'p4-vibration-tool',
        group: 'physical-load',
        ja: '④振動工具の取扱作業',
        en: '④ Handling vibrating tools'
      },
      {
        code: 'p5a-unspecified-people',
        group: 'physical-load',
        ja: '⑤-a 不特定多数の人と対面する作業',
        en: '⑤-a Face-to-face work with the general public'
      },
      { code: 'p5b-pathogen', group: 'physical-load', ja: '⑤-b 病原体等の取扱作業', en: '⑤-b Handling pathogens' },
      {
        code: 'p6-respirator',
        group: 'physical-load',
        ja: '⑥化学物質や粉塵等で呼吸用保護具を装着する作業',
        en: '⑥ Work wearing a respirator because of chemicals, dust or the like'
      },
      { code: 'a1-alone', group: 'accident-risk', ja: '①1人作業', en: '① Working alone' },
      { code: 'a2-height', group: 'accident-risk', ja: '②高所作業', en: '② Work at height' },
      {
        code: 'a3-machine-driving',
        group: 'accident-risk',
        ja: '③危険な機械操作・自動車運転',
        en: '③ Operating dangerous machinery, driving a car'
      },
      {
        code: 'm1-long-hours',
        group: 'mental-load',
        ja: '①残業・休日労働など(長時間労働)',
        en: '① Overtime, work on days off (long working hours)'
      }
    ]
  },
  'plan-kind': {
    title: { ja: 'プランの種類', en: 'Kind of plan' },
    description: '両立支援プランか職場復帰支援プランか。',
    terms: [
      { code: 'continuation', ja: '両立支援プラン', en: 'Support plan' },
      { code: 'return', ja: '職場復帰支援プラン', en: 'Return-to-work support plan' }
    ]
  },
  'ohp-work-class': {
    title: { ja: '就業区分', en: 'Work class' },
    description: '産業医の意見の就業区分。公的な様式はなく、コードは本プロジェクトの仮定。',
    terms: [
      { code: 'normal', ja: '通常勤務', en: 'Normal work' },
      { code: 'restricted', ja: '就業制限', en: 'Restricted work' },
      { code: 'leave', ja: '要休業', en: 'Leave needed' }
    ]
  },
  'yes-no': {
    title: { ja: '有り・無し', en: 'Yes or no' },
    description: '給与支給の有無。',
    terms: [
      { code: 'yes', ja: '有り', en: 'Yes' },
      { code: 'no', ja: '無し', en: 'No' }
    ]
  },
  'present-absent': {
    title: { ja: '有・無', en: 'Present or absent' },
    description: '産業医の有無。',
    terms: [
      { code: 'present', ja: '有', en: 'Present' },
      { code: 'absent', ja: '無', en: 'Absent' }
    ]
  },
  gender: {
    title: { ja: '性別', en: 'Gender' },
    description: 'プランの性別欄。',
    terms: [
      { code: 'male', ja: '男', en: 'Male' },
      { code: 'female', ja: '女', en: 'Female' }
    ]
  }
} as const satisfies Readonly<Record<string, TermList>>

/** Name of a list, of its CodeSystem and of its ValueSet. */
export type AnswerList = keyof typeof answerLists
