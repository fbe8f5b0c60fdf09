import type { Extension, Questionnaire, QuestionnaireItem } from '@medplum/fhirtypes'
import { RE2JS } from 're2js'
import { disclosureClasses } from '../../document/disclosure-class.ts'
import type { Engines } from '../engines.ts'
import { extensionOf, extensions, extensionsOf, notJudged, requiredWhenOf, shadowOf, valueIn } from '../extensions.ts'
import type { FormIssue } from '../form.ts'
import { answerOf } from './conditions.ts'
import { dependencyOrder } from './dependency-order.ts'
import { expressionsOf, isOwnConstraint } from './expressions.ts'
import { type FaultKey, faults } from './faults.ts'
import type { Finding } from './findings.ts'
import { needsUcum } from './quantities.ts'
import { say } from './report.ts'

/** An item with its place. */
interface Placed {
  readonly item: QuestionnaireItem
  readonly expression: string
  readonly order: number
  readonly parent: Placed | undefined
  /** order of the last item inside it */
  last: number
}

function place(questionnaire: Questionnaire): readonly Placed[] {
  const all: Placed[] = []
  const walk = (items: readonly QuestionnaireItem[], above: string, parent: Placed | undefined) => {
    items.forEach((item, at) => {
      const placed: Placed = { item, expression: `${above}.item[${at}]`, order: all.length, parent, last: all.length }
      all.push(placed)
      walk(item.item ?? [], placed.expression, placed)
      placed.last = all.length - 1
    })
  }
  walk(questionnaire.item ?? [], 'Questionnaire', undefined)
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
  unsupported: item =>
    many(item.modifierExtension) || (item.extension?.some(isUnsupported) ?? false) || hasComputedPart(item)
}

/** Computed where a value is expected, in places where we take none. */
function isUnsupported(each: Extension): boolean {
  if (notJudged.has(each.url)) return true
  if (each.url === extensions.minQuantity || each.url === extensions.maxQuantity) {
    return typeof each.valueQuantity?.value !== 'number'
  }
  return staticExtensions.has(each.url) && valueIn(each) === undefined
}

const staticExtensions: ReadonlySet<string> = new Set([
  extensions.minLength,
  extensions.regex,
  extensions.maxSize,
  extensions.maxDecimalPlaces,
  extensions.minOccurs,
  extensions.maxOccurs
])

/** `required`, `repeats`, `maxLength` and the like by cqf-expression instead of as a value; a text may be computed. */
function hasComputedPart(item: QuestionnaireItem): boolean {
  return ['required', 'repeats', 'readOnly', 'maxLength', 'answerValueSet', 'type'].some(
    name => extensionOf(shadowOf(item, name), extensions.cqfExpression) !== undefined
  )
}

/** Linear time is the length of the text times that of the program, and `{0,1000}` is a thousand instructions. */
function patternFault(pattern: string): 'pattern' | 'program' | undefined {
  try {
    return RE2JS.compile(pattern).programSize() > formLimits.program ? 'program' : undefined
  } catch {
    return 'pattern'
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

/** Rule 29: these are equal or not, and nothing else. */
const unordered: ReadonlySet<string> = new Set(['answerCoding', 'answerBoolean', 'answerReference'])

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
    const isOrder = /[<>]/.test(when.operator)
    if (isOrder && given && unordered.has(given.member)) found.push('operator')
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

const hasClass = (item: QuestionnaireItem): boolean => extensionOf(item, extensions.disclosureClass) !== undefined

/** Every item that says or asks something has one; a display item shows the same words to everybody. */
function lacksClass(item: QuestionnaireItem): boolean {
  const given = (item.extension ?? []).filter(each => each.url === extensions.disclosureClass)
  if (item.type === 'display' && given.length === 0) return false
  const code = given[0]?.valueCoding?.code ?? given[0]?.valueCode
  return given.length !== 1 || code === undefined || !classes.has(code)
}

/** How large a form may be; more is refused before anything of it is looked at. */
export const formLimits = { items: 2_000, depth: 24, expression: 4_000, pattern: 1_000, program: 5_000 } as const

export interface InspectOptions {
  /** each item that is not only displayed must have exactly one disclosure class */
  readonly needsClasses?: boolean
  /** without them a form that needs FHIRPath or UCUM is refused */
  readonly engines?: Engines | undefined
}

function issueOf(key: FaultKey, { item, expression }: Pick<Placed, 'item' | 'expression'>, limit = 0): FormIssue {
  const fault: Finding = faults[key]
  return {
    severity: fault.severity,
    code: fault.code,
    rule: fault.rule,
    expression,
    text: say(fault, undefined, { limit }),
    fix: say(fault.fix, undefined, { limit }),
    ...(typeof item.linkId === 'string' && item.linkId !== '' && { linkId: item.linkId })
  }
}

const whole = { item: { linkId: '' } as QuestionnaireItem, expression: 'Questionnaire' }

/** Counts without recursion: what is too deep may be so deep that recursion would end in an overflow. */
function excess({ item = [] }: Questionnaire): FormIssue | undefined {
  let count = 0
  let level: readonly QuestionnaireItem[] = item
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > formLimits.depth) return issueOf('depth', whole, formLimits.depth)
    count += level.length
    if (count > formLimits.items) return issueOf('items', whole, formLimits.items)
    level = level.flatMap(each => each.item ?? [])
  }
  return undefined
}

/**
 * Checks a Questionnaire before it is compiled: its size first, then que-1 to que-13, the targets of conditions (rule 33),
 * patterns, expressions, and what we cannot judge.
 * @param questionnaire R4 by its structure
 */
export function inspect(questionnaire: Questionnaire, options: InspectOptions = {}): readonly FormIssue[] {
  const { needsClasses = false, engines } = options
  const tooMuch = excess(questionnaire)
  if (tooMuch) return [tooMuch]
  const placed = place(questionnaire)
  const byLinkId = new Map<string, Placed>()
  const issues: FormIssue[] = []
  const note = (key: FaultKey, where: Placed, limit?: number) => issues.push(issueOf(key, where, limit))
  for (const each of placed) {
    if (typeof each.item.linkId !== 'string' || each.item.linkId === '' || byLinkId.has(each.item.linkId)) {
      note('que-2', each)
    }
    byLinkId.set(each.item.linkId, each)
  }
  issues.push(
    ...faultsOfExpressions(questionnaire, 'Questionnaire', engines, constraint =>
      isOwnConstraint(constraint, linkId => byLinkId.get(linkId)?.item)
    )
  )
  if (many(questionnaire.modifierExtension)) issues.push(issueOf('unsupported', whole))
  for (const each of placed) {
    for (const [key, breaks] of Object.entries(invariants)) if (breaks(each.item)) note(key as FaultKey, each)
    const pattern = extensionOf(each.item, extensions.regex)?.valueString ?? ''
    if (pattern.length > formLimits.pattern) note('length', each, formLimits.pattern)
    else if (pattern !== '') {
      const fault = patternFault(pattern)
      if (fault) note(fault, each, formLimits.program)
    }
    for (const key of faultsOfConditions(each, byLinkId)) note(key, each)
    issues.push(...faultsOfExpressions(each.item, each.expression, engines, () => false))
    if (needsUcum(each.item) && !engines) note('unsupported', each)
    if ((needsClasses || hasClass(each.item)) && lacksClass(each.item)) note('class', each)
  }
  if (hasCircle(placed, byLinkId)) issues.push(issueOf('circle', whole))
  return issues
}

/** Rule 34: no order in which each item comes after all that its conditions ask for. */
function hasCircle(placed: readonly Placed[], byLinkId: ReadonlyMap<string, Placed>): boolean {
  const all = placed.map(item => ({
    item,
    isGated: item.item.enableWhen !== undefined,
    // an expression counts instead of the conditions
    after: extensionOf(item.item, extensions.enableWhenExpression)
      ? []
      : (item.item.enableWhen ?? []).flatMap(({ question }) => byLinkId.get(question) ?? [])
  }))
  return dependencyOrder(all) === undefined
}

/** @param isOwn constraints that say once more what is judged without FHIRPath */
function faultsOfExpressions(
  holder: Questionnaire | QuestionnaireItem,
  expression: string,
  engines: Engines | undefined,
  isOwn: (constraint: Extension) => boolean
): readonly FormIssue[] {
  const where = { item: 'linkId' in holder ? holder : whole.item, expression }
  return expressionsOf(holder).flatMap(each => {
    if (isOwn(each.extension)) return []
    // a variable for queries is for who fills the form in; an expression that judges may not use it
    if (each.kind === 'variable' && each.language !== 'text/fhirpath') return []
    if (each.language !== undefined && each.language !== 'text/fhirpath') return [issueOf('language', where)]
    if (each.text === undefined) return [issueOf('expression', where)]
    if (each.text.length > formLimits.expression) return [issueOf('length', where, formLimits.expression)]
    if (!engines) return [issueOf('unsupported', where)]
    try {
      engines.fhirPath.compile(each.text)
      return []
    } catch (error) {
      if (error instanceof SyntaxError) return [issueOf('expression', where)]
      throw error
    }
  })
}
