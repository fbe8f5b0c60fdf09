import type { Extension, Questionnaire, QuestionnaireItem } from '@medplum/fhirtypes'
import { RE2JS } from 're2js'
import { disclosureClasses } from '../../document/disclosure-class.ts'
import type { Bilingual } from '../../outcome/issue.ts'
import { extensionOf, extensions, extensionsOf, notJudged, requiredWhenOf, valueIn } from '../extensions.ts'
import type { FormIssue } from '../form.ts'
import { answerOf } from './conditions.ts'

/** What is wrong with a Questionnaire itself. */
interface Fault {
  readonly rule: string
  readonly severity: 'error' | 'warning' | 'information'
  readonly text: Bilingual
}

const fault = (rule: string, ja: string, en: string, severity: Fault['severity'] = 'error'): Fault => ({
  rule,
  severity,
  text: { ja, en }
})

const faults = {
  'que-1': fault(
    'que-1',
    'group には下の項目が必要で、display には置けません。',
    'A group has items, a display item has none.'
  ),
  'que-2': fault('que-2', 'linkId が重複しているか、ありません。', 'A linkId is missing or not unique.'),
  'que-3': fault('que-3', 'display に code は書けません。', 'A display item has no code.'),
  'que-4': fault(
    'que-4',
    'answerOption と answerValueSet は同時に書けません。',
    'answerOption and answerValueSet exclude each other.'
  ),
  'que-5': fault('que-5', 'この型に選択肢は書けません。', 'An item of this type has no options.'),
  'que-6': fault(
    'que-6',
    'display に required と repeats は書けません。',
    'A display item is neither required nor repeats.'
  ),
  'que-7': fault('que-7', 'exists には answerBoolean が必要です。', 'exists needs answerBoolean.'),
  'que-8': fault(
    'que-8',
    'group と display に initial は書けません。',
    'Groups and display items have no initial value.'
  ),
  'que-9': fault('que-9', 'display に readOnly は書けません。', 'A display item has no readOnly.'),
  'que-10': fault('que-10', 'この型に maxLength は書けません。', 'An item of this type has no maxLength.'),
  'que-11': fault(
    'que-11',
    'answerOption があれば initial ではなく initialSelected を使います。',
    'With answerOption use initialSelected, not initial.'
  ),
  'que-12': fault(
    'que-12',
    'enableWhen が二つ以上なら enableBehavior が必要です。',
    'More than one enableWhen needs enableBehavior.'
  ),
  'que-13': fault(
    'que-13',
    'initial を複数書けるのは repeats の項目だけです。',
    'Only a repeating item has more than one initial value.'
  ),
  answer: fault('qr-28', 'enableWhen に answer[x] がありません。', 'An enableWhen has no answer[x].'),
  comparison: fault(
    'qr-28',
    'enableWhen の answer[x] が相手の項目の型と比べられません。',
    'answer[x] of an enableWhen does not compare with the type of its question.'
  ),
  target: fault(
    'qr-33',
    '条件の相手の項目がないか、自分自身または自分の中の項目です。',
    'The question of a condition does not exist, or is the item itself or inside it.'
  ),
  later: fault('qr-33', '条件の相手の項目が後ろにあります。', 'The question of a condition comes later.', 'warning'),
  options: fault(
    'qr-42',
    '選択肢も値セットもありません。',
    'A choice has neither options nor a value set.',
    'information'
  ),
  pattern: fault('qr-48', 'regex を RE2 で表せません。', 'The regex cannot be expressed in RE2.'),
  unsupported: fault('que-unsupported', 'まだ判定できない拡張です。', 'An extension that is not judged yet.'),
  class: fault(
    'que-class',
    '項目に開示区分がないか、決められた区分ではありません。',
    'An item has no disclosure class, or one that is not on the list.'
  )
} as const

type FaultKey = keyof typeof faults

/** An item with its place. */
interface Placed {
  readonly item: QuestionnaireItem
  readonly expression: string
  readonly order: number
  /** order of the last item inside it */
  last: number
}

function place(questionnaire: Questionnaire): readonly Placed[] {
  const all: Placed[] = []
  const walk = (items: readonly QuestionnaireItem[], parent: string) => {
    items.forEach((item, at) => {
      const placed = { item, expression: `${parent}.item[${at}]`, order: all.length, last: all.length }
      all.push(placed)
      walk(item.item ?? [], placed.expression)
      placed.last = all.length - 1
    })
  }
  walk(questionnaire.item ?? [], 'Questionnaire')
  return all
}

const many = (list: readonly unknown[] | undefined): boolean => (list?.length ?? 0) > 0

const typesWithOptions: ReadonlySet<string> = new Set([
  'choice',
  'open-choice',
  'decimal',
  'integer',
  'date',
  'dateTime',
  'time',
  'string',
  'quantity'
])
const typesWithMaxLength: ReadonlySet<string> = new Set([
  'boolean',
  'decimal',
  'integer',
  'string',
  'text',
  'url',
  'open-choice'
])

/** The invariants of R4 that one item breaks by itself. */
const invariants: Readonly<Partial<Record<FaultKey, (item: QuestionnaireItem) => boolean>>> = {
  'que-1': item => (item.type === 'group' && !many(item.item)) || (item.type === 'display' && many(item.item)),
  'que-3': item => item.type === 'display' && many(item.code),
  'que-4': item => many(item.answerOption) && item.answerValueSet !== undefined,
  'que-5': item => (many(item.answerOption) || item.answerValueSet !== undefined) && !typesWithOptions.has(item.type),
  'que-6': item => item.type === 'display' && (item.required !== undefined || item.repeats !== undefined),
  'que-8': item => (item.type === 'group' || item.type === 'display') && many(item.initial),
  'que-9': item => item.type === 'display' && item.readOnly !== undefined,
  'que-10': item => item.maxLength !== undefined && !typesWithMaxLength.has(item.type),
  'que-11': item => many(item.answerOption) && many(item.initial),
  'que-12': item => (item.enableWhen?.length ?? 0) > 1 && item.enableBehavior === undefined,
  'que-13': item => (item.initial?.length ?? 0) > 1 && item.repeats !== true,
  options: item =>
    (item.type === 'choice' || item.type === 'open-choice') &&
    !many(item.answerOption) &&
    item.answerValueSet === undefined,
  pattern: item => {
    const pattern = extensionOf(item, extensions.regex)?.valueString
    return pattern !== undefined && !isPattern(pattern)
  },
  unsupported: item => item.extension?.some(each => notJudged.has(each.url) || isComputedBound(each)) ?? false
}

/** A bound without a value is one that an expression would compute. */
const isComputedBound = (each: Extension): boolean =>
  (each.url === extensions.minValue || each.url === extensions.maxValue) && valueIn(each) === undefined

function isPattern(pattern: string): boolean {
  try {
    RE2JS.compile(pattern)
    return true
  } catch {
    return false
  }
}

/** Types that a condition of each kind compares with. */
const comparable: Readonly<Record<string, readonly string[]>> = {
  answerBoolean: ['boolean'],
  answerDecimal: ['decimal', 'integer'],
  answerInteger: ['decimal', 'integer'],
  answerDate: ['date', 'dateTime'],
  answerDateTime: ['date', 'dateTime'],
  answerTime: ['time'],
  answerString: ['string', 'text', 'url'],
  answerCoding: [],
  answerQuantity: ['quantity'],
  answerReference: ['reference']
}

function compares(member: string, type: QuestionnaireItem['type']): boolean {
  return type === 'choice' || type === 'open-choice' || (comparable[member] ?? []).includes(type)
}

function faultsOfConditions(own: Placed, byLinkId: ReadonlyMap<string, Placed>): readonly FaultKey[] {
  const found: FaultKey[] = []
  for (const when of own.item.enableWhen ?? []) {
    const given = answerOf(when)
    if (when.operator === 'exists') {
      if (typeof when.answerBoolean !== 'boolean') found.push('que-7')
    } else if (!given) found.push('answer')
    const target = byLinkId.get(when.question)
    if (target && given && when.operator !== 'exists' && !compares(given.member, target.item.type)) {
      found.push('comparison')
    }
  }
  const questions = [
    ...(own.item.enableWhen ?? []).map(when => when.question),
    ...requiredWhenOf(own.item).map(when => when.question),
    ...extensionsOf(own.item, extensions.notBefore).map(each => each.valueString ?? '')
  ]
  return [...found, ...targetFaults(own, questions, byLinkId)]
}

function targetFaults(
  own: Placed,
  questions: readonly string[],
  byLinkId: ReadonlyMap<string, Placed>
): readonly FaultKey[] {
  return questions.flatMap(question => {
    const target = byLinkId.get(question)
    const isInside = target && target.order >= own.order && target.order <= own.last
    const isAnswerable = target && target.item.type !== 'group' && target.item.type !== 'display'
    if (!isAnswerable || isInside) return ['target']
    return target.order > own.last ? ['later'] : []
  })
}

const classes: ReadonlySet<string> = new Set(disclosureClasses)

/** Every item that says or asks something has one; a display item shows the same words to everybody. */
function lacksClass(item: QuestionnaireItem): boolean {
  const given = (item.extension ?? []).filter(each => each.url === extensions.disclosureClass)
  if (item.type === 'display' && given.length === 0) return false
  const code = given[0]?.valueCoding?.code ?? given[0]?.valueCode
  return given.length !== 1 || code === undefined || !classes.has(code)
}

/**
 * A constraint of the whole form is judged where it says once more, for other fillers, what our own extensions say:
 * `<linkId>-required` for required-when, `<linkId>-not-before` for not-before.
 */
function isJudged(constraint: Extension, byLinkId: ReadonlyMap<string, Placed>): boolean {
  const [, linkId, sort] = /^(.+)-(required|not-before)$/.exec(extensionOf(constraint, 'key')?.valueId ?? '') ?? []
  const own = sort === 'required' ? extensions.requiredWhen : extensions.notBefore
  return linkId !== undefined && extensionOf(byLinkId.get(linkId)?.item, own) !== undefined
}

/**
 * Checks a Questionnaire before it is compiled: que-1 to que-13, the targets of conditions (rule 33), patterns, and what
 * we cannot judge.
 * @param needsClasses each item that is not only displayed must have exactly one disclosure class
 */
export function inspect(questionnaire: Questionnaire, needsClasses: boolean): readonly FormIssue[] {
  const placed = place(questionnaire)
  const byLinkId = new Map<string, Placed>()
  const issues: FormIssue[] = []
  const say = (key: FaultKey, { item, expression }: Placed) => {
    const { rule, severity, text } = faults[key]
    issues.push({ severity, code: 'invariant', rule, expression, text, linkId: item.linkId })
  }
  for (const each of placed) {
    if (typeof each.item.linkId !== 'string' || each.item.linkId === '' || byLinkId.has(each.item.linkId)) {
      say('que-2', each)
    }
    byLinkId.set(each.item.linkId, each)
  }
  if (extensionsOf(questionnaire, extensions.constraint).some(each => !isJudged(each, byLinkId))) {
    const { rule, severity, text } = faults.unsupported
    issues.push({ severity, code: 'invariant', rule, expression: 'Questionnaire', text })
  }
  for (const each of placed) {
    for (const [key, breaks] of Object.entries(invariants)) if (breaks(each.item)) say(key as FaultKey, each)
    for (const key of faultsOfConditions(each, byLinkId)) say(key, each)
    if (needsClasses && lacksClass(each.item)) say('class', each)
  }
  return issues
}
