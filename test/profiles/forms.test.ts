import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { evalFhirPathTyped, indexStructureDefinitionBundle, toTypedValue, validateResource } from '@medplum/core'
import type {
  CodeSystem,
  CodeSystemConcept,
  Extension,
  Questionnaire,
  QuestionnaireItem,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  Resource,
  StructureDefinition,
  ValueSet
} from '@medplum/fhirtypes'
import t from 'tap'
import { disclosureClasses } from '../../src/document/disclosure-class.ts'

const profiles = new URL('../../profiles/', import.meta.url)
const ours = 'https://ryoritsu.example/fhir/StructureDefinition'
const core = 'http://hl7.org/fhir/StructureDefinition'

const read = <Json>(name: string) => JSON.parse(readFileSync(new URL(name, profiles), 'utf8')) as Json

function readAll<Json extends Resource>(folder: string): readonly Json[] {
  return readdirSync(new URL(`${folder}/`, profiles)).map(name => read<Json>(`${folder}/${name}`))
}

const questionnaires = readAll<Questionnaire>('questionnaires')
const codeSystems = readAll<CodeSystem>('code-systems')
const valueSets = readAll<ValueSet>('value-sets')
indexStructureDefinitionBundle(read<StructureDefinition[]>('r4/structure-definitions.json'))

const viewForms = questionnaires.filter(({ derivedFrom }) => derivedFrom)
const originals = questionnaires.filter(({ derivedFrom }) => !derivedFrom)

function form(id: string): Questionnaire {
  const found = questionnaires.find(each => each.id === id)
  if (!found) throw new TypeError(`no form ${id}`)
  return found
}

const flat = (items: readonly QuestionnaireItem[] = []): readonly QuestionnaireItem[] =>
  items.flatMap(item => [item, ...flat(item.item)])

const linkIds = (id: string) => flat(form(id).item).map(({ linkId }) => linkId)
const answered = (questionnaire: Questionnaire) => flat(questionnaire.item).filter(({ type }) => type !== 'display')

function item(id: string, linkId: string): QuestionnaireItem {
  const found = flat(form(id).item).find(each => each.linkId === linkId)
  if (!found) throw new TypeError(`no ${linkId} in ${id}`)
  return found
}

const named = (extensions: readonly Extension[] | undefined, url: string) =>
  (extensions ?? []).filter(extension => extension.url === url)

const classesOf = ({ extension }: QuestionnaireItem) =>
  named(extension, `${ours}/disclosure-class`).map(({ valueCoding }) => valueCoding?.code ?? '')

/** English beside a Japanese text, or undefined. */
function englishOf(of: object, name: string): string | undefined {
  const beside = (of as Record<string, { extension?: Extension[] }>)[`_${name}`]
  const [translation] = named(beside?.extension, `${core}/translation`)
  const part = (url: string) => named(translation?.extension, url)[0]
  return part('lang')?.valueCode === 'en' ? part('content')?.valueString : undefined
}

t.test('what is committed is what the generators make', t => {
  for (const program of ['generate.ts', 'bake.ts']) {
    const { status, stderr } = spawnSync(process.execPath, [new URL(program, profiles).pathname, '--check'], {
      encoding: 'utf8'
    })
    t.equal(status, 0, `${program} ${stderr}`)
  }
  t.end()
})

t.test('every form, code system and value set is valid R4', t => {
  for (const resource of [...questionnaires, ...codeSystems, ...valueSets]) {
    t.same(validateResource(resource), [], `${resource.resourceType} ${resource.id}`)
  }
  t.end()
})

t.test('each kind has its forms in its versions', t => {
  const both = ['work-information', 'opinion-continuation', 'opinion-return', 'support-plan', 'support-card']
  const expected = [
    ...both.flatMap(kind => [`${kind}-2024`, `${kind}-2026`]),
    'ohp-opinion-2026',
    'inquiry-2026',
    'inquiry-answer-2026'
  ]
  t.same(originals.map(({ id }) => id).sort(), expected.sort())
  for (const { id, url, version, status, subjectType } of questionnaires) {
    t.equal(`${url}|${version}`, `https://ryoritsu.example/fhir/Questionnaire/${id?.slice(0, -5)}|${id?.slice(-4)}`)
    t.same([status, subjectType], ['active', ['Patient']])
  }
  t.end()
})

t.test('every group and question has exactly one disclosure class of the closed list, and a linkId of its own', t => {
  for (const questionnaire of questionnaires) {
    const items = flat(questionnaire.item)
    t.equal(new Set(items.map(({ linkId }) => linkId)).size, items.length, `${questionnaire.id}: linkIds`)
    for (const each of answered(questionnaire)) {
      const [code = '', ...others] = classesOf(each)
      t.ok(others.length === 0 && (disclosureClasses as readonly string[]).includes(code), each.linkId)
    }
  }
  t.end()
})

t.test('all that a person reads is there in English too', t => {
  for (const questionnaire of questionnaires) {
    t.ok(englishOf(questionnaire, 'title'), `${questionnaire.id}`)
    for (const each of flat(questionnaire.item)) {
      t.ok(each.text && englishOf(each, 'text'), `${questionnaire.id} ${each.linkId}`)
      for (const { valueCoding } of each.answerOption ?? []) {
        t.ok(valueCoding && englishOf(valueCoding, 'display'), `${each.linkId} ${valueCoding?.code}`)
      }
    }
  }
  for (const { id, concept } of codeSystems) {
    for (const { code, display, designation } of concept ?? []) {
      t.ok(display && designation?.some(({ language, value }) => language === 'en' && value), `${id}#${code}`)
    }
  }
  t.end()
})

t.test('labels are those of the paper', t => {
  const labels: readonly (readonly [form: string, linkId: string, text: string])[] = [
    ['work-information-2026', 'wi.addressee', '(主治医所属・氏名)先生'],
    ['work-information-2026', 'wi.duties.text', '職務内容(作業場所・作業内容)'],
    ['work-information-2026', 'wi.hours', '勤務時間 時 分 ～ 時 分'],
    ['work-information-2024', 'wi.leave.allowancePercent', '傷病手当金 ％'],
    ['work-information-2026', 'wi.annualLeaveDays', '有給休暇日数 残 日間'],
    ['work-information-2026', 'wi.company.phone', '会社の連絡先(電話番号)'],
    ['work-information-2026', 'wi.occupation.help', '事務職、自動車の運転手、建設作業員など'],
    ['opinion-continuation-2024', 'oc.diagnosis', '病名'],
    ['opinion-continuation-2026', 'oc.symptoms.help', '(通勤や業務遂行に影響を及ぼし得る症状や薬の副作用等)'],
    ['opinion-continuation-2026', 'oc.canWork', '退院後／治療中の就業継続の可否'],
    [
      'opinion-continuation-2026',
      'oc.measures',
      '業務の内容について職場で配慮したほうがよいこと(望ましい就業上の措置)'
    ],
    [
      'opinion-continuation-2026',
      'oc.note.use',
      '(注)この様式は、患者が病状を悪化させることなく治療と就労を両立できるよう、職場での対応を検討するために使用するものです。この書類は、患者本人から会社に提供され、プライバシーに十分配慮して管理されます。'
    ],
    ['opinion-return-2026', 'or.absentUntil', '(休業:～ 年 月 日)'],
    ['opinion-return-2026', 'or.visitSchedule', '通院・休業の予定(治療内容は書かない)'],
    ['opinion-return-2026', 'or.period', '上記の措置期間 年 月 日 ～ 年 月 日'],
    [
      'opinion-return-2026',
      'or.note.final',
      '職場復帰・就業継続の可否や具体的な就業上の配慮等に関しては、主治医の意見をもとに、産業医等の意見を勘案しつつ、労働者と十分話し合った上で、事業者が最終的に決定するものである。'
    ],
    ['support-plan-2026', 'sp.treatment', '治療・投薬等の状況、今後の予定'],
    ['support-plan-2024', 'sp.phase.measures', '就業上の措置・治療への配慮等'],
    ['support-plan-2026', 'sp.followup', 'その他(フォローアップの方法及びスケジュール)'],
    ['support-card-2026', 'cd.duties', '職務内容(有期雇用の場合は雇用契約期間も併せてご記入ください)'],
    [
      'support-card-2026',
      'cd.measures.a',
      'ア 病勢の悪化や労働災害など事故に巻き込まれることを防ぐために配慮が必要な事項(本人記載欄1の作業に対応する配慮事項)'
    ],
    ['ohp-opinion-2026', 'oh.workClass', '就業区分']
  ]
  for (const [id, linkId, text] of labels) t.equal(item(id, linkId).text, text, `${id} ${linkId}`)
  t.equal(form('work-information-2026').title, '勤務情報を主治医に提供する際の様式例')
  t.equal(form('opinion-continuation-2026').title, '治療の状況や就業継続の可否等についての主治医意見書')
  t.equal(form('opinion-return-2024').title, '職場復帰の可否等についての主治医意見書')
  t.end()
})

t.test('options are those of the paper', t => {
  const options = (id: string, linkId: string) =>
    (item(id, linkId).answerOption ?? []).map(({ valueCoding }) => [valueCoding?.code, valueCoding?.display])
  t.same(options('opinion-continuation-2026', 'oc.canWork'), [
    ['yes', '可(職務の健康への悪影響は見込まれない)'],
    ['conditional', '条件付きで可(就業上の措置があれば可能)'],
    ['not-now', '現時点で不可(療養の継続が望ましい)']
  ])
  t.same(options('opinion-return-2026', 'or.opinion'), [
    ['yes', '復職可'],
    ['conditional', '条件付き可'],
    ['not-now', '現時点で不可(休業:～ 年 月 日)']
  ])
  t.same(options('support-card-2026', 'cd.opinion'), [
    ['yes', '可'],
    ['conditional', '下記ア～ウの条件付き可'],
    ['not-now', '現時点では不可']
  ])
  t.same(options('work-information-2026', 'wi.ohp.present'), [
    ['present', '有'],
    ['absent', '無']
  ])
  t.same(options('work-information-2026', 'wi.shift').at(-1), ['other', 'その他( )'])
  t.equal(options('support-card-2026', 'cd.hazard').length, 12, 'headings are no options')
  t.end()
})

t.test('every option is a code of its system, and every choosable code is in its value set', t => {
  const all = (concepts: readonly CodeSystemConcept[] = []): readonly CodeSystemConcept[] =>
    concepts.flatMap(concept => [concept, ...all(concept.concept)])
  const displays = new Map(
    codeSystems.flatMap(({ url, concept }) => all(concept).map(each => [`${url}#${each.code}`, each.display] as const))
  )
  for (const { valueCoding } of questionnaires.flatMap(each =>
    flat(each.item).flatMap(one => one.answerOption ?? [])
  )) {
    t.equal(valueCoding?.display, displays.get(`${valueCoding?.system}#${valueCoding?.code}`))
  }
  for (const { id, compose } of valueSets) {
    for (const { system, concept = [] } of compose?.include ?? []) {
      for (const { code, display } of concept) t.equal(display, displays.get(`${system}#${code}`), `${id}#${code}`)
    }
  }
  const codesOfItems = codeSystems.find(({ id }) => id === 'item')?.concept?.map(({ code }) => code)
  const expected = new Set(questionnaires.flatMap(answered).map(({ linkId }) => linkId))
  t.same(new Set(codesOfItems), expected, 'each item has a code of its own')
  t.end()
})

t.test('2026 adds what the study group proposed and takes nothing away', t => {
  const added = (kind: string) => {
    const before = linkIds(`${kind}-2024`)
    const after = linkIds(`${kind}-2026`)
    for (const linkId of before) t.ok(after.includes(linkId), linkId)
    return after.filter(linkId => !before.includes(linkId))
  }
  const institution = (prefix: string) =>
    ['', '.name', '.address', '.phone'].map(part => `${prefix}.institution${part}`)
  t.same(added('work-information'), ['wi.ohp.present', 'wi.company.address', 'wi.company.phone'])
  t.same(added('opinion-continuation'), [...institution('oc'), 'oc.note.final'])
  t.same(added('opinion-return'), [...institution('or'), 'or.note.final'])
  t.same(added('support-card'), [
    'cd.ohp.present',
    'cd.company.name',
    'cd.company.address',
    'cd.company.phone',
    ...institution('cd'),
    'cd.note.final'
  ])
  t.same(added('support-plan'), [])
  t.end()
})

t.test('the opinion on the return has no place for disease, symptoms or treatment', t => {
  for (const id of ['opinion-return-2024', 'opinion-return-2026']) {
    const items = answered(form(id))
    t.notOk(items.some(each => classesOf(each).some(code => ['diagnosis', 'symptom', 'treatment'].includes(code))))
    t.notOk(items.some(({ text = '' }) => /病名|症状|治療の予定/.test(text)))
  }
  t.end()
})

t.test('a view form shows personnel nothing of disease, symptoms, treatment, drugs or remarks', t => {
  const never = ['diagnosis', 'symptom', 'treatment', 'medication', 'remark', 'employment-terms']
  t.equal(viewForms.length, 18)
  for (const { id, item: items } of viewForms) {
    for (const each of flat(items)) {
      t.notOk(
        classesOf(each).some(code => never.includes(code)),
        `${id} ${each.linkId}`
      )
      if (id?.includes('supervisor')) t.notOk(classesOf(each).includes('treatment-schedule'), `${id} ${each.linkId}`)
    }
  }
  t.same(
    answered(form('opinion-continuation-processed-2024')).map(({ linkId }) => linkId),
    [
      'oc.patient.name',
      'oc.patient.birthDate',
      'oc.visitSchedule',
      'oc.canWork',
      'oc.measures',
      'oc.considerations',
      'oc.period.start',
      'oc.period.end'
    ]
  )
  t.same(
    answered(form('support-plan-supervisor-2026')).map(({ linkId }) => linkId),
    [
      'sp.kind',
      'sp.createdOn',
      'sp.worker.name',
      'sp.department',
      'sp.returnDate',
      'sp.phase',
      'sp.phase.period',
      'sp.phase.hours',
      'sp.phase.measures',
      'sp.duties',
      'sp.considerations'
    ]
  )
  t.end()
})

t.test('a view form keeps order, text, class and duty of what it shows, and asks about nothing absent', t => {
  for (const view of viewForms) {
    const [canonical = ''] = view.derivedFrom ?? []
    const original = originals.find(({ url, version }) => `${url}|${version}` === canonical)
    t.ok(original, canonical)
    const kept = linkIds(view.id ?? '')
    const inForm = flat(original?.item)
    t.same(
      kept,
      inForm.map(({ linkId }) => linkId).filter(linkId => kept.includes(linkId)),
      'order'
    )
    for (const each of answered(view)) {
      const { text, required, extension, answerOption } = inForm.find(({ linkId }) => linkId === each.linkId) ?? {}
      t.same([each.text, each.required, each.answerOption], [text, required, answerOption], each.linkId)
      t.same(classesOf(each), classesOf({ extension } as QuestionnaireItem))
      for (const { question } of each.enableWhen ?? []) t.ok(kept.includes(question ?? ''), `${question}`)
      for (const { extension: parts } of named(each.extension, `${ours}/required-when`)) {
        const [question] = named(parts, 'question')
        t.ok(kept.includes(question?.valueString ?? ''), each.linkId)
      }
      for (const { valueString = '' } of named(each.extension, `${ours}/not-before`)) t.ok(kept.includes(valueString))
    }
  }
  t.end()
})

/** Keys of the constraints of a form that a response breaks, by their FHIRPath. */
function broken(id: string, items: QuestionnaireResponseItem[]): readonly string[] {
  const response: QuestionnaireResponse = { resourceType: 'QuestionnaireResponse', status: 'completed', item: items }
  const resource = toTypedValue(response)
  return named(form(id).extension, `${core}/questionnaire-constraint`).flatMap(({ extension }) => {
    const [key] = named(extension, 'key')
    const [expression] = named(extension, 'expression')
    const result = evalFhirPathTyped(expression?.valueString ?? '', [resource], { '%resource': resource })
    return result[0]?.value === true ? [] : [key?.valueId ?? '']
  })
}

const text = (linkId: string) => ({ linkId, answer: [{ valueString: '残業を避ける' }] })
const date = (linkId: string, valueDate: string) => ({ linkId, answer: [{ valueDate }] })
const choice = (linkId: string, code: string) => ({ linkId, answer: [{ valueCoding: { code } }] })

t.test('an opinion with conditions needs its measures, and measures their period in order', t => {
  const id = 'opinion-return-2026'
  const start = date('or.period.start', '2026-10-01')
  t.same(broken(id, [choice('or.opinion', 'yes')]), [])
  t.same(broken(id, [choice('or.opinion', 'conditional')]), ['or.measures-required'])
  t.same(broken(id, [text('or.considerations'), start]), ['or.period.end-required'])
  t.same(broken(id, [start, date('or.period.end', '2026-09-30')]), ['or.period.end-not-before'])
  t.same(broken(id, [text('or.measures'), start, date('or.period.end', '2026-10-01')]), [])
  t.same(item(id, 'or.absentUntil').required, true)
  t.match(item(id, 'or.absentUntil').enableWhen, [
    { question: 'or.opinion', operator: '=', answerCoding: { code: 'not-now' } }
  ])
  t.match(item('support-plan-2026', 'sp.returnDate').enableWhen, [
    { question: 'sp.kind', operator: '=', answerCoding: { code: 'return' } }
  ])
  t.end()
})

t.test('a masked answer counts as given and is compared with nothing', t => {
  // The types know no `_valueDate`.
  const masked: QuestionnaireResponseItem = {
    linkId: 'or.period.end',
    answer: [{ _valueDate: { extension: [{ url: `${core}/data-absent-reason`, valueCode: 'masked' }] } } as object]
  }
  t.same(
    broken('opinion-return-processed-2026', [text('or.measures'), date('or.period.start', '2026-10-01'), masked]),
    []
  )
  t.end()
})

t.test('numbers have their unit and limits', t => {
  const limit = (linkId: string, name: string) =>
    named(item('work-information-2026', linkId).extension, `${core}/${name}`)[0]
  t.equal(limit('wi.hours.daysPerWeek', 'minValue')?.valueInteger, 1)
  t.equal(limit('wi.hours.daysPerWeek', 'maxValue')?.valueInteger, 7)
  t.equal(limit('wi.leave.allowancePercent', 'maxValue')?.valueInteger, 100)
  t.equal(limit('wi.annualLeaveDays', 'minValue')?.valueDecimal, 0)
  t.equal(limit('wi.commute.minutes', 'questionnaire-unit')?.valueCoding?.code, 'min')
  t.end()
})

t.test('what is not confirmed is said in the form and in the README', t => {
  const readme = readFileSync(new URL('README.md', profiles), 'utf8')
  const unconfirmed = originals.flatMap(({ description = '' }) => {
    return description.split('未確認の項目(本プロジェクトの仮定): ')[1]?.slice(0, -1).split('、') ?? []
  })
  t.ok(unconfirmed.includes('cd.measures.c'))
  for (const linkId of unconfirmed) t.ok(readme.includes(`\`${linkId}\``), linkId)
  t.end()
})
