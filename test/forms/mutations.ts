import type { QuestionnaireItem, QuestionnaireResponse, QuestionnaireResponseItemAnswer } from '@medplum/fhirtypes'
import { type AnyForm, mostByConstraint } from './any-form.ts'
import { type Draw, ofWrongType, type Sort } from './any-question.ts'
import { type Spot, spotsOf } from './spots.ts'

type Answer = QuestionnaireResponseItemAnswer

/** What a mutation may look at and change: `response` is its own copy. */
export interface Case {
  readonly form: AnyForm
  readonly response: QuestionnaireResponse
  readonly spots: readonly Spot[]
  readonly draw: Draw
}

/** Breaks one rule. Returns all that has to be found, as `severity rule expression`; undefined where there is no place for it. */
export type Mutation = (given: Case) => readonly string[] | undefined

export function caseOf(form: AnyForm, valid: QuestionnaireResponse, draw: Draw): Case {
  const response = structuredClone(valid)
  return { form, response, spots: spotsOf(form, response), draw }
}

const bound = (item: QuestionnaireItem, name: string): number | undefined =>
  item.extension?.find(each => each.url.endsWith(name))?.valueInteger

const hasConstraint = (item: QuestionnaireItem): boolean =>
  item.extension?.some(each => each.url.endsWith('questionnaire-constraint')) ?? false

const sortOf = ({ form }: Case, { item }: Spot): Sort | undefined => form.sorts.get(item.linkId)

/** A mutation of one item that suits. */
const at =
  (suits: (spot: Spot, given: Case) => boolean, change: (spot: Spot, given: Case) => readonly string[]): Mutation =>
  given => {
    const suitable = given.spots.filter(spot => suits(spot, given))
    return suitable.length === 0 ? undefined : change(given.draw.pick(suitable), given)
  }

const isAnswered = (spot: Spot): boolean => spot.node.answer !== undefined
const isComputed = (spot: Spot, given: Case): boolean => sortOf(given, spot)?.isComputed ?? false
/** Another answer here changes nothing elsewhere. */
const isFree = (spot: Spot, given: Case): boolean => isAnswered(spot) && !given.form.watched.has(spot.item.linkId)

/** Puts another value into an answer, and keeps the items below it. */
function answerWith(spot: Spot, given: Case, value: Answer): string {
  const index = given.draw.below(spot.node.answer!.length)
  const { item } = spot.node.answer![index]!
  spot.node.answer![index] = { ...structuredClone(value), ...(item && { item }) }
  return `${spot.expression}.answer[${index}]`
}

/** A wrong answer that the sort of the question knows for that rule. */
const wrongAnswer = (found: string): Mutation => {
  const known = (sort: Sort | undefined) => sort?.wrong?.filter(each => each.found === found) ?? []
  return at(
    (spot, given) => isFree(spot, given) && known(sortOf(given, spot)).length > 0,
    (spot, given) => {
      const { answer, at: suffix } = given.draw.pick(known(sortOf(given, spot)))
      return [`${found} ${answerWith(spot, given, answer)}${suffix}`]
    }
  )
}

/** A required question that can go without its group being without content. */
const isDispensable = (spot: Spot, given: Case): boolean =>
  isFree(spot, given) && spot.item.required === true && spot.list.length > 1

/** The answered question beside it with which the only condition of an item compares. */
function comparedWith({ item, list }: Spot, { spots }: Case): Spot | undefined {
  const [when, another] = item.enableWhen ?? []
  if (!when || another || when.operator === 'exists') return undefined
  return spots.find(spot => spot.list === list && spot.item.linkId === when.question && isAnswered(spot))
}

/** Mutations after which more may be found: what no longer compares is also of a wrong type. */
export const amongOthers: Readonly<Record<string, Mutation>> = {
  '28 an answer that does not compare with a condition': at(
    (spot, given) => comparedWith(spot, given) !== undefined,
    (spot, given) => {
      const { node, item, expression } = comparedWith(spot, given)!
      node.answer![0] = ofWrongType(item.type)
      return [`e qr-28 ${expression}.answer[0]`, `e qr-35 ${expression}.answer[0].value`]
    }
  )
}

/** One mutation or more for each rule, by a name that begins with the number of the rule. */
export const mutations: Readonly<Record<string, Mutation>> = {
  '05 a required answer is not yet there': at(isDispensable, ({ list, at: place, around }, { response }) => {
    response.status = 'in-progress'
    list.splice(place, 1)
    return [`w qr-05 ${around}`]
  }),
  '06 a required answer is missing': at(isDispensable, ({ list, at: place, around }) => {
    list.splice(place, 1)
    return [`e qr-06 ${around}`]
  }),
  '09 an item without linkId': at(isAnswered, ({ list, around }) => {
    const place = list.push({ text: 'x' } as never) - 1
    return [`e qr-09 ${around}.item[${place}]`]
  }),
  '10 a linkId that the form does not know': at(isAnswered, ({ list, around }) => {
    const place = list.push({ linkId: 'nowhere' }) - 1
    return [`e qr-10 ${around}.item[${place}]`]
  }),
  '11 an item at another level': at(
    (spot, given) => spot.parent !== undefined && spot.item.type !== 'group' && !isComputed(spot, given),
    ({ item }, { response }) => {
      const place = response.item!.push({ linkId: item.linkId }) - 1
      return [`e qr-11 R.item[${place}]`]
    }
  ),
  '12 two items change places': at(
    ({ list, at: place, item }) => place > 0 && list[place - 1]!.linkId !== item.linkId,
    ({ list, at: place, around, node }) => {
      list[place] = list[place - 1]!
      list[place - 1] = node
      return [`e qr-12 ${around}.item[${place}]`]
    }
  ),
  '13 an item that does not repeat comes twice': at(
    (spot, given) => isAnswered(spot) && !spot.item.repeats && !isComputed(spot, given),
    ({ list, at: place, around, node }) => {
      list.splice(place + 1, 0, { linkId: node.linkId })
      return [`e qr-13 ${around}.item[${place + 1}]`]
    }
  ),
  '14 answers of a repeating question in two items': at(
    ({ node, item }) => (node.answer?.length ?? 0) > 1 && bound(item, 'minOccurs') === undefined,
    ({ list, at: place, around, node }) => {
      list.splice(place + 1, 0, { linkId: node.linkId, answer: node.answer!.splice(1) })
      return [`e qr-14 ${around}.item[${place + 1}]`]
    }
  ),
  '14 two answers where one is allowed': at(
    (spot, given) =>
      isAnswered(spot) && !spot.item.repeats && !isComputed(spot, given) && !sortOf(given, spot)!.exclusive,
    ({ node, expression }) => {
      node.answer!.push(structuredClone(node.answer![0]!))
      return [`e qr-14 ${expression}.answer[1]`]
    }
  ),
  '15 a group with an answer': at(
    ({ item, isFilled }) => item.type === 'group' && isFilled,
    ({ node, expression }) => {
      node.answer = [{ valueString: 'x' }]
      return [`e qr-15 ${expression}`]
    }
  ),
  '16 items beside an answer': at(
    (spot, { form }) =>
      isAnswered(spot) &&
      form.sorts.get(spot.item.item?.[1]?.linkId ?? '')?.isComputed === undefined &&
      spot.item.item !== undefined,
    ({ node, expression, item }) => {
      node.item = [{ linkId: item.item![1]!.linkId }]
      return [`e qr-16 ${expression}`]
    }
  ),
  '17 a display item with an answer': at(
    ({ item }) => item.type === 'display',
    ({ node, expression }) => {
      node.answer = [{ valueString: 'x' }]
      return [`e qr-17 ${expression}`]
    }
  ),
  '18 another text': at(
    ({ node, isFilled }) => node.text !== undefined && isFilled,
    ({ node, expression }) => {
      node.text += '!'
      return [`e qr-18 ${expression}.text`]
    }
  ),
  '19 a required group without content': at(
    ({ item, isFilled }) => item.type === 'group' && item.required === true && isFilled,
    ({ node, expression }) => {
      delete node.item
      return [`e qr-19 ${expression}`]
    }
  ),
  '22 an answer that does not apply': at(
    ({ item, isFilled }, { form }) => !isFilled && form.sorts.has(item.linkId) && !form.expressed.has(item.linkId),
    (spot, given) => {
      spot.node.answer = [sortOf(given, spot)!.answer(given.draw, true)]
      return [`e qr-22 ${spot.expression}`]
    }
  ),
  '35 an answer of another type': at(
    (spot, given) => isFree(spot, given) && !isComputed(spot, given),
    (spot, given) => [`e qr-35 ${answerWith(spot, given, ofWrongType(spot.item.type))}.value`]
  ),
  '35 a value that is not written as its type': wrongAnswer('e qr-35'),
  '37 a code that is no option': wrongAnswer('e qr-37'),
  '38 a value that is no option': wrongAnswer('e qr-38'),
  '39 a code or a name that is not in the value set': wrongAnswer('e qr-39'),
  '40 an option as free text': wrongAnswer('w qr-40'),
  '41 an exclusive option beside another': at(
    (spot, given) =>
      isFree(spot, given) && sortOf(given, spot)?.exclusive !== undefined && spot.node.answer!.length > 1,
    (spot, given) => {
      spot.node.answer![1] = { ...spot.node.answer![1], ...structuredClone(sortOf(given, spot)!.exclusive!) }
      return [`e qr-41 ${spot.expression}.answer[1]`]
    }
  ),
  '44 a value out of its bounds': wrongAnswer('e qr-44'),
  '45 a quantity out of its bounds': wrongAnswer('e qr-45'),
  '46 too many digits': wrongAnswer('e qr-46'),
  '47 a unit that is not offered': wrongAnswer('e qr-47'),
  '48 a text too short, too long, or of another form': wrongAnswer('e qr-48'),
  '48 two lines for one': wrongAnswer('w qr-48'),
  '49 an attachment that is not as it should be': wrongAnswer('e qr-49'),
  '50 a reference that leads elsewhere': wrongAnswer('e qr-50'),
  '51 too few answers': at(
    (spot, given) => isFree(spot, given) && bound(spot.item, 'minOccurs') !== undefined,
    ({ node, expression }) => {
      node.answer!.splice(1)
      return [`e qr-51 ${expression}.answer[0]`]
    }
  ),
  '51 too many answers': at(
    (spot, given) => isAnswered(spot) && bound(spot.item, 'maxOccurs') !== undefined && !sortOf(given, spot)!.exclusive,
    ({ node, expression, item }) => {
      const most = bound(item, 'maxOccurs')!
      while (node.answer!.length <= most) node.answer!.push(structuredClone(node.answer![0]!))
      return [`e qr-51 ${expression}.answer[${most}]`]
    }
  ),
  '52 a constraint of the form': at(
    (spot, given) => isAnswered(spot) && hasConstraint(spot.item) && !sortOf(given, spot)!.exclusive,
    ({ node, expression }) => {
      while (node.answer!.length <= mostByConstraint) node.answer!.push(structuredClone(node.answer![0]!))
      return [`e qr-52 ${expression}`]
    }
  ),
  '55 not what the form computes': wrongAnswer('e qr-55')
}
