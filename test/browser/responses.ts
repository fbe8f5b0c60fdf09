import type { QuestionnaireItemEnableWhen, QuestionnaireResponse } from '@medplum/fhirtypes'
import type { Form, Item } from '../../src/forms/form.ts'
import { fromPlain, type PlainAnswers } from '../../src/forms/plain.ts'
import { responseWith } from '../forms/forms.ts'

/** Which of its answers a choice is given: each way brings other conditional items. */
const ways = ['first', 'last', 'free'] as const
type Way = (typeof ways)[number]

/** Completed responses that answer everything which applies, one for each way to choose. */
export function responsesTo(form: Form): readonly QuestionnaireResponse[] {
  return ways.map(way => responseWith(form, fromPlain(form, answers(form.root, way)).items))
}

/** The options of a question that a response of this way holds. */
const chosen = ({ options, repeats }: Item, way: Way) =>
  way === 'first' ? options.slice(0, 1) : options.slice(repeats ? -2 : -1)

function answers(parent: Item, way: Way): PlainAnswers {
  const asked = parent.items.filter(
    item => item.type !== 'display' && item.enableWhen.every(when => holds(when, item, way))
  )
  return Object.fromEntries(asked.map(item => [item.linkId, answer(item, way)]))
}

function holds(when: QuestionnaireItemEnableWhen, { parent }: Item, way: Way): boolean {
  const question = parent?.items.find(each => each.linkId === when.question)
  if (!question || when.operator !== '=' || !when.answerCoding)
    throw new TypeError(`unknown condition on ${when.question}`)
  if (question.type === 'open-choice' && way === 'free') return false
  return chosen(question, way).some(({ value }) => (value as { code?: string }).code === when.answerCoding?.code)
}

function answer(item: Item, way: Way): unknown {
  const values = valuesOf(item, way)
  return item.repeats ? values : values[0]
}

function valuesOf(item: Item, way: Way): readonly unknown[] {
  const isSecond = way !== 'first'
  switch (item.type) {
    case 'group':
      // repetitions differ, so that a mixed-up order shows
      return item.repeats ? [answers(item, 'first'), answers(item, 'last')] : [answers(item, way)]
    case 'open-choice':
      return way === 'free' ? [{ other: '自由記載' }] : chosen(item, way).map(({ plain }) => plain)
    case 'choice':
      return chosen(item, way).map(({ plain }) => plain)
    case 'date':
      return ['2026-09-01']
    case 'time':
      return [isSecond ? '17:45:00' : '09:00:00']
    case 'integer':
      return [isSecond ? 4 : 5]
    case 'decimal':
      return [isSecond ? 1.25 : 5]
    case 'text':
      return [`${item.linkId} の回答\n二行目 <b> & "引用"`]
    case 'string':
      return [`${item.linkId} の回答`]
    default:
      throw new TypeError(`no answer for a ${item.type}`)
  }
}
