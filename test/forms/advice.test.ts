import t from 'tap'
import { advise } from '../../src/forms/advice.ts'
import { answered, formOf, type Items, responseWith } from './forms.ts'

const form = formOf('opinion-continuation-2026')
const system = 'https://ryoritsu.example/fhir/CodeSystem/work-continuation'

const adviceOn = (linkId: string, text: string): readonly string[] =>
  advise(form, responseWith(form, [answered(linkId, 'String', text)]), { root: 'R' }).map(({ rule }) => rule)

/** What nobody at work needs to read, by the sort of advice; each text as a physician might write it. */
const unneeded: Readonly<Record<string, readonly string[]>> = {
  'advise-stage': [
    '大腸がん(ステージⅢ)術後',
    'Stage IV の肺がん',
    'ステージ2a',
    '胃癌 T2N1M0',
    '肝転移あり',
    '多発骨転移に対し治療中',
    '腹膜播種を認める',
    '予後は不良と考えられる',
    '余命は半年程度',
    '病期は進行しており',
    '進行がんのため',
    '再発の可能性が高い',
    '5年生存率は60%'
  ],
  'advise-test-value': [
    'HbA1c 8.2%でコントロール不良',
    'ＨｂＡ１ｃは７．９',
    '白血球数が2,000まで低下',
    '血圧 160/95 mmHg',
    'CEA が 12.3 ng/mL',
    '空腹時血糖180mg/dL',
    'eGFR 35',
    'EF 35%の心機能低下',
    '血小板 5万',
    '腫瘍マーカーが上昇している',
    'AST 120 U/L'
  ],
  'advise-genome': [
    'BRCA1 陽性',
    'EGFR遺伝子変異陽性',
    'がんゲノム検査の結果により',
    'HER2陽性乳がん',
    '遺伝性腫瘍の疑い',
    'リンチ症候群',
    '染色体異常を認める',
    'ALK陽性肺がん'
  ],
  'advise-infection': [
    'HIV感染症で通院中',
    'B型慢性肝炎',
    'Ｃ型肝硬変',
    'HBs抗原陽性',
    'HCV抗体陽性',
    'ウイルス性肝炎',
    '結核の既往',
    '梅毒治療後'
  ],
  'advise-family-history': [
    '家族歴: 大腸がん',
    '父が大腸がんで死亡',
    '母親も乳がんに罹患',
    '姉が同じ病気で治療中',
    '祖父母に糖尿病の既往'
  ],
  'advise-my-number': ['個人番号 123456789018', '番号:１２３４５６７８９０１８', '1234-5678-9018']
}

/** What an opinion is for. */
const needed: readonly string[] = [
  '重いものを持たない、暑い場所での作業は避ける、車の運転は不可、残業を避ける',
  '長期の出張や海外出張は避ける',
  '通院時間を確保する、休憩場所を確保する',
  '3週ごとに通院、半年間',
  '手足のしびれ、下痢、疲れやすさ',
  '時差通勤、外勤・出張を避ける',
  '軟膏塗布と休憩の時間、発熱・悪寒時は勤務中でも連絡・受診',
  '毎日通院の時間 5週間',
  '夜勤免除、重量物を避ける',
  '長時間労働・深夜勤務を避ける。残業は月20時間まで',
  '8週ごと点滴・半日',
  '周囲に人がいない作業と高所作業を避ける、運転は低血糖の状態を確かめて',
  '間食と血糖測定・自己注射の清潔な場所',
  'リハビリ通院週1回、記憶の補助(メモ、指示は文書)',
  '月1回本人・家族(同意あり)・人事面談',
  '家族の病院への付き添いが必要',
  '10:00~16:00の勤務、在宅勤務併用',
  '37.5度以上の発熱時は受診',
  '体温調節が難しいため、室温28度以下',
  '5kg以上の重量物の取り扱いを避ける',
  '連絡先 03-1234-5678',
  '2026年9月1日から2027年2月28日まで',
  '大腸がん術後・通院化学療法',
  '潰瘍性大腸炎',
  '1型糖尿病',
  '心筋梗塞',
  '乳がん',
  '人混みを避ける(感染予防のため)',
  '段階的に勤務時間を延ばす',
  'HbAを含む略語は使わない'
]

t.test('texts that nobody at work needs are noticed', async t => {
  for (const [rule, texts] of Object.entries(unneeded)) {
    for (const text of texts) t.ok(adviceOn('oc.symptoms', text).includes(rule), `${rule}: ${text}`)
  }
})

t.test('texts that the workplace needs pass without a word', async t => {
  for (const text of needed) t.same(adviceOn('oc.measures', text), [], text)
})

t.test('advice is a warning at its place that repeats nothing of what was written', async t => {
  const response = responseWith(form, [
    answered('oc.patient.name', 'String', '予後 花子'),
    answered('oc.diagnosis', 'String', '大腸がん ステージⅢ、BRCA1 陽性'),
    answered('oc.symptoms', 'String', 'しびれ')
  ])
  const issues = advise(form, response, { root: 'Bundle.entry[1].resource' })
  t.same(
    issues.map(({ severity, rule, expression, linkId }) => ({ severity, rule, expression, linkId })),
    ['advise-stage', 'advise-genome'].map(rule => ({
      severity: 'warning',
      rule,
      expression: 'Bundle.entry[1].resource.item[1].answer[0].value',
      linkId: 'oc.diagnosis'
    }))
  )
  t.match(issues[0]?.text, { ja: /「病名」\(oc\.diagnosis\)/, en: /"Name of the disease" \(oc\.diagnosis\)/ })
  t.notMatch(JSON.stringify(issues), /Ⅲ|III|BRCA|花子/)
})

t.test('a number is looked for in names and addresses too', async t => {
  t.same(adviceOn('oc.patient.address', '東京都 123456789018'), ['advise-my-number'])
  t.same(adviceOn('oc.patient.address', '東京都 123456789012'), [], 'the check digit does not fit')
})

t.test('text inside repeating groups is read', async t => {
  const plan = formOf('support-plan-2026')
  const phase = (text: string) => ({ linkId: 'sp.phase', item: [answered('sp.phase.measures', 'String', text)] })
  const issues = advise(plan, responseWith(plan, [phase('短時間勤務'), phase('転移のため')]), { root: 'R' })
  t.same(
    issues.map(({ expression }) => expression),
    ['R.item[1].item[0].answer[0].value']
  )
})

t.test('a conditional opinion without measures', async t => {
  const rules = (...items: Items) =>
    advise(form, responseWith(form, items), { root: 'R' }).map(({ rule, expression }) => `${rule} ${expression}`)
  const conditional = answered('oc.canWork', 'Coding', { system, code: 'conditional' })
  t.same(rules(conditional), ['advise-no-measures R.item[0]'])
  t.same(rules(conditional, answered('oc.measures', 'String', ' ')), ['advise-no-measures R.item[0]'])
  t.same(rules(conditional, answered('oc.measures', 'String', '残業を避ける')), [])
  t.same(rules(answered('oc.canWork', 'Coding', { system, code: 'yes' })), [])
})
