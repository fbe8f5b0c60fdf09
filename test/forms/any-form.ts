import type {
  Questionnaire,
  QuestionnaireItem,
  QuestionnaireItemEnableWhen,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  QuestionnaireResponseItemAnswer
} from '@medplum/fhirtypes'
import { compileForm } from '../../src/forms/compile.ts'
import type { Engines } from '../../src/forms/engines.ts'
import type { Form } from '../../src/forms/form.ts'
import { colours, type Draw, type Sort, sorts } from './any-question.ts'
import { ext } from './forms.ts'

type Answer = QuestionnaireResponseItemAnswer
type When = QuestionnaireItemEnableWhen

/** A form of any shape, and how its questions are answered. */
export interface AnyForm {
  readonly questionnaire: Questionnaire
  /** the sort of each question, by linkId */
  readonly sorts: ReadonlyMap<string, Sort>
  /** linkIds of questions that conditions ask for: another answer there changes what applies elsewhere */
  readonly watched: ReadonlySet<string>
  /** those of them that expressions ask for: an expression sees the response as it is, with answers that do not apply */
  readonly expressed: ReadonlySet<string>
}

const sdc = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire'
/** As many answers as the constraint of some repeating questions allows. */
export const mostByConstraint = 3

interface Sketching {
  readonly draw: Draw
  readonly sorts: Map<string, Sort>
  readonly watched: Set<string>
  readonly expressed: Set<string>
}

/** Questions that an item can ask for: they come earlier, in its own group or in one around it. */
type Earlier = readonly QuestionnaireItem[]

/** A form with groups in groups, questions below questions, and conditions on what comes earlier. */
export function anyForm(draw: Draw): AnyForm {
  const sketching: Sketching = { draw, sorts: new Map(), watched: new Set(), expressed: new Set() }
  const item = itemsOf(sketching, 'q', [], 2)
  const questionnaire: Questionnaire = {
    resourceType: 'Questionnaire',
    status: 'active',
    url: 'http://example.org/any',
    version: '1',
    contained: [
      {
        resourceType: 'ValueSet',
        id: 'colours',
        status: 'active',
        compose: {
          include: [
            { system: colours[0]!.system!, concept: colours.map(({ code = '', display = '' }) => ({ code, display })) }
          ]
        }
      }
    ],
    item
  }
  const { sorts, watched, expressed } = sketching
  return { questionnaire, sorts, watched, expressed }
}

/** Compiles it with the value set that it names and does not hold. */
export const compiled = ({ questionnaire }: AnyForm, engines: Engines): Form =>
  compileForm(questionnaire, {
    engines,
    valueSet: canonical => (canonical === 'http://example.org/ValueSet/colours' ? colours : undefined)
  })

/** The first is a question without condition, so that no group is ever without content. */
function itemsOf(sketching: Sketching, prefix: string, around: Earlier, depth: number): QuestionnaireItem[] {
  const { draw } = sketching
  const items = [question(sketching, `${prefix}0`, [], 0)]
  const count = 2 + draw.below(4)
  for (let at = 1; at < count; at++) {
    const linkId = `${prefix}${at}`
    const earlier = [...around, ...items.filter(each => each.type !== 'group' && each.type !== 'display')]
    if (draw.chance(12)) items.push({ linkId, type: 'display', text: 'A note' })
    else if (depth > 0 && draw.chance(40)) items.push(group(sketching, linkId, earlier, depth))
    else items.push(question(sketching, linkId, earlier, depth))
  }
  return items
}

function occurrence(draw: Draw): Pick<QuestionnaireItem, 'required' | 'repeats' | 'extension'> {
  const repeats = draw.chance(45)
  const extension = [
    ...(repeats && draw.chance(40) ? [ext('questionnaire-minOccurs', { valueInteger: 2 })] : []),
    ...(repeats && draw.chance(40) ? [ext('questionnaire-maxOccurs', { valueInteger: 3 })] : [])
  ]
  return { required: draw.chance(45), repeats, ...(extension.length > 0 && { extension }) }
}

function group(sketching: Sketching, linkId: string, earlier: Earlier, depth: number): QuestionnaireItem {
  return {
    linkId,
    type: 'group',
    text: 'A group',
    ...occurrence(sketching.draw),
    ...conditions(sketching, earlier),
    item: itemsOf(sketching, `${linkId}.`, earlier, depth - 1)
  }
}

function question(sketching: Sketching, linkId: string, earlier: Earlier, depth: number): QuestionnaireItem {
  const { draw } = sketching
  const sort = draw.pick(sorts)
  sketching.sorts.set(linkId, sort)
  const often = sort.isComputed ? { required: false, repeats: false } : occurrence(draw)
  const gate = sort.isComputed ? {} : conditions(sketching, earlier)
  const isBounded = often.repeats && !often.extension && draw.chance(40)
  const extension = [
    ...(sort.item.extension ?? []),
    ...(often.extension ?? []),
    ...(gate.extension ?? []),
    ...(isBounded ? [constraint] : [])
  ]
  const below = depth > 0 && !sort.isComputed && draw.chance(25)
  return {
    linkId,
    text: `Label of ${linkId}`,
    ...sort.item,
    ...often,
    ...gate,
    ...(extension.length > 0 ? { extension } : {}),
    ...(below
      ? { item: [question(sketching, `${linkId}.0`, [], 0), question(sketching, `${linkId}.1`, earlier, 0)] }
      : {})
  } as QuestionnaireItem
}

const constraint = ext('questionnaire-constraint', {
  extension: [
    { url: 'key', valueId: 'most' },
    { url: 'severity', valueCode: 'error' },
    { url: 'expression', valueString: `answer.count() <= ${mostByConstraint}` },
    { url: 'human', valueString: 'Not too many' }
  ]
})

type Gate = Pick<QuestionnaireItem, 'enableWhen' | 'enableBehavior' | 'extension'>

function conditions({ draw, sorts: known, watched, expressed }: Sketching, earlier: Earlier): Gate {
  if (earlier.length === 0 || !draw.chance(50)) return {}
  // %resource.item is the top level alone
  const top = earlier.filter(({ linkId }) => !linkId.includes('.'))
  if (top.length > 0 && draw.chance(15)) {
    const { linkId } = draw.pick(top)
    watched.add(linkId)
    expressed.add(linkId)
    const text = `%resource.item.where(linkId = '${linkId}').answer.exists()`
    return {
      extension: [
        ext(`${sdc}-enableWhenExpression`, { valueExpression: { language: 'text/fhirpath', expression: text } })
      ]
    }
  }
  const enableWhen = Array.from({ length: 1 + draw.below(2) }, () => {
    const { linkId } = draw.pick(earlier)
    watched.add(linkId)
    return condition(draw, linkId, known.get(linkId)!)
  })
  return { enableWhen, enableBehavior: draw.pick(['any', 'all'] as const) }
}

function condition(draw: Draw, linkId: string, sort: Sort): When {
  const answer = sort.answer(draw, false)
  const [key, value] = Object.entries(answer)[0]!
  // no condition compares with these, or with some of the answers to the question
  const isPlain = key === 'valueUri' || key === 'valueAttachment' || isMixed(sort, key)
  if (isPlain || draw.chance(25)) return { question: linkId, operator: 'exists', answerBoolean: draw.chance(70) }
  const isOrdered = !['valueBoolean', 'valueCoding', 'valueReference'].includes(key)
  const operator = draw.pick<When['operator']>(isOrdered ? ['=', '!=', '>', '<', '>=', '<='] : ['=', '!='])
  return { question: linkId, operator, [key.replace('value', 'answer')]: value } as When
}

/** Answers of several types, not all of which compare: a Coding is no text, a date no number. */
const isMixed = ({ item }: Sort, key: string): boolean =>
  key !== 'valueCoding' && (item.type === 'choice' || item.type === 'open-choice')

/** The answers so far inside one repetition of a group, and what is around it. */
interface Scope {
  readonly answers: Map<string, Answer[]>
  readonly around: Scope | undefined
}

const answersTo = (scope: Scope | undefined, linkId: string): readonly Answer[] =>
  scope ? (scope.answers.get(linkId) ?? answersTo(scope.around, linkId)) : []

/** What orders two values of one kind; quantities in grams. */
function ordinal(value: unknown): string | number {
  if (typeof value === 'number' || typeof value === 'string') return value
  const { code, reference, value: amount } = value as { code?: string; reference?: string; value?: number }
  if (amount !== undefined) return code === 'kg' ? amount * 1000 : amount
  return reference ?? code ?? String(value)
}

function holds(when: When, given: readonly Answer[]): boolean {
  if (when.operator === 'exists') return given.length > 0 === when.answerBoolean
  const expected = ordinal(Object.entries(when).find(([name]) => name.startsWith('answer'))![1])
  return given.some(answer => {
    const actual = ordinal(Object.entries(answer).find(([name]) => name.startsWith('value'))![1])
    switch (when.operator) {
      case '=':
        return actual === expected
      case '!=':
        return actual !== expected
      case '>':
        return actual > expected
      case '<':
        return actual < expected
      case '>=':
        return actual >= expected
      default:
        return actual <= expected
    }
  })
}

function isEnabled(item: QuestionnaireItem, scope: Scope): boolean {
  const computed = item.extension?.find(each => each.url.endsWith('-enableWhenExpression'))?.valueExpression?.expression
  if (computed) return answersTo(scope, /'(.+)'/.exec(computed)![1]!).length > 0
  const when = item.enableWhen ?? []
  if (when.length === 0) return true
  const verdicts = when.map(each => holds(each, answersTo(scope, each.question)))
  return item.enableBehavior === 'all' ? verdicts.every(Boolean) : verdicts.some(Boolean)
}

/** A completed response without any fault: what applies, in the order of the form, as often as it may be there. */
export function validResponse(form: AnyForm, draw: Draw): QuestionnaireResponse {
  const scope: Scope = { answers: new Map(), around: undefined }
  return {
    resourceType: 'QuestionnaireResponse',
    questionnaire: `${form.questionnaire.url}|${form.questionnaire.version}`,
    status: draw.chance(80) ? 'completed' : 'amended',
    item: respond(form, draw, form.questionnaire.item!, scope)
  }
}

const minOf = (item: QuestionnaireItem): number =>
  item.extension?.find(each => each.url.endsWith('minOccurs'))?.valueInteger ?? (item.required ? 1 : 0)

function respond(
  form: AnyForm,
  draw: Draw,
  items: readonly QuestionnaireItem[],
  scope: Scope,
  isInGroup = true
): QuestionnaireResponseItem[] {
  return items.flatMap((item, at): QuestionnaireResponseItem[] => {
    const named = { linkId: item.linkId, ...(draw.chance(50) && item.text !== undefined && { text: item.text }) }
    if (item.type === 'display') return draw.chance(60) ? [named] : []
    // a shell of what does not apply is tolerated
    if (!isEnabled(item, scope)) return draw.chance(60) ? [named] : []
    const isForced = form.sorts.get(item.linkId)?.isComputed || (isInGroup && at === 0)
    const least = Math.max(minOf(item), isForced ? 1 : 0)
    if (least === 0 && draw.chance(40)) return []
    const count = item.repeats ? Math.max(least, 1 + draw.below(3)) : 1
    if (item.type === 'group') {
      return Array.from({ length: count }, () => ({
        ...named,
        item: respond(form, draw, item.item!, { answers: new Map(), around: scope })
      }))
    }
    return [{ ...named, answer: answersOf(form, draw, item, count, scope) }]
  })
}

function answersOf(form: AnyForm, draw: Draw, item: QuestionnaireItem, count: number, scope: Scope): Answer[] {
  const sort = form.sorts.get(item.linkId)!
  const answers = Array.from({ length: count }, () => sort.answer(draw, count === 1))
  scope.answers.set(item.linkId, answers)
  return answers.map(answer => {
    const below = item.item ? respond(form, draw, item.item, scope, false) : []
    return below.length > 0 ? { ...answer, item: below } : answer
  })
}
