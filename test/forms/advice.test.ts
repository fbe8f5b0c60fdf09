import { readFileSync } from 'node:fs'
import t from 'tap'
import { advise } from '../../src/forms/advice.ts'
import { answered, formOf, type Items, responseWith } from './forms.ts'

const form = formOf('opinion-continuation-2026')
const system = 'https://ryoritsu.example/fhir/CodeSystem/work-continuation'

const adviceOn = (linkId: string, text: string): readonly string[] =>
  advise(form, responseWith(form, [answered(linkId, 'String', text)]), { root: 'R' }).map(({ rule }) => rule)

/** Texts by the sort of advice that they call for (`none`: no advice), in a half that patterns may be tuned on and one held out. */
const phrases: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = JSON.parse(
  readFileSync(new URL('advice-phrases.json', import.meta.url), 'utf8')
)
const readme = readFileSync(new URL('../../src/forms/README.md', import.meta.url), 'utf8')

/** The row of the table in the README: texts found of those to be found, false alarms of the texts without cause. */
const row = (half: string, found: number, unneeded: number, alarms: number, needed: number): string =>
  `| ${half} | ${found} of ${unneeded} (${(found / unneeded).toFixed(2)}) | ${alarms} of ${needed} (${(alarms / needed).toFixed(2)}) |`

t.test('recall and false alarms are those of the README, on both halves', async t => {
  for (const [half, { none = [], ...sorts }] of Object.entries(phrases)) {
    const unneeded = Object.entries(sorts).flatMap(([rule, texts]) => texts.map(text => ({ rule, text })))
    const found = unneeded.filter(({ rule, text }) => adviceOn('oc.symptoms', text).includes(rule)).length
    const alarms = none.filter(text => adviceOn('oc.symptoms', text).length > 0).length
    t.ok(found / unneeded.length >= 0.9, `recall, ${half}`)
    t.ok(alarms / none.length <= 0.05, `false alarms, ${half}`)
    t.ok(readme.includes(row(half, found, unneeded.length, alarms, none.length)), `the README tells it for ${half}`)
  }
})

t.test('the phrases are many, and none stands in both halves', async t => {
  const { tuned = {}, held = {} } = phrases
  const all = [...Object.values(tuned), ...Object.values(held)].flat()
  t.ok(all.length >= 150)
  t.equal(new Set(all).size, all.length)
  t.ok([...(tuned.none ?? []), ...(held.none ?? [])].length >= 60)
  t.same(Object.keys(held), Object.keys(tuned))
  for (const rule of Object.keys(tuned)) t.ok((tuned[rule]?.length ?? 0) + (held[rule]?.length ?? 0) >= 10, rule)
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
