import type { QuestionnaireResponse } from '@medplum/fhirtypes'
import { containsMyNumber } from '../document/identifier.ts'
import { type Advice, advices, conditionalOpinions, myNumberAdvice, noMeasuresAdvice } from './advice-phrases.ts'
import type { Form, FormIssue, Item } from './form.ts'
import { arrayOf, isMasked, isObject, type Source } from './rules/node.ts'
import { say } from './rules/report.ts'

/** One answer in words. */
interface Written {
  readonly item: Item
  readonly expression: string
  readonly text: string
}

/**
 * What the author had better reconsider before signing: warnings only, never a refusal, and nothing leaves the process
 * (rules P-7 and P-12). At most one of each sort for an answer; no text repeats what was written.
 * @param root FHIRPath of the response, before every expression
 */
export function advise(
  form: Form,
  response: QuestionnaireResponse,
  { root }: { readonly root: string }
): readonly FormIssue[] {
  return [
    ...writtenBelow(form, response as unknown as Source, root).flatMap(adviseOn),
    ...adviseOnMeasures(form, response, root)
  ]
}

function adviseOn(written: Written): readonly FormIssue[] {
  const { item, text, expression } = written
  const found = containsMyNumber(text) ? [issue(myNumberAdvice, item, expression)] : []
  // a name or an address tells nothing of a disease, whatever characters it is written with
  if (item.class === 'identity' || item.class === 'contact') return found
  const normal = text.normalize('NFKC')
  const unneeded = advices.filter(({ patterns }) => patterns.some(pattern => pattern.test(normal)))
  return [...unneeded.map(advice => issue(advice, item, expression)), ...found]
}

function issue(advice: Omit<Advice, 'patterns'>, item: Item, expression: string): FormIssue {
  return {
    severity: 'warning',
    code: 'business-rule',
    rule: advice.rule,
    expression,
    text: say(advice, item),
    fix: say(advice.fix, item),
    linkId: item.linkId
  }
}

function writtenBelow(form: Form, holder: Source, path: string): readonly Written[] {
  return arrayOf(holder.item).flatMap((source, at) => {
    if (!isObject(source) || typeof source.linkId !== 'string') return []
    const item = form.item(source.linkId)
    if (!item) return []
    const place = `${path}.item[${at}]`
    const answers = arrayOf(source.answer).flatMap((answer, index) => {
      if (!isObject(answer)) return []
      const here = `${place}.answer[${index}]`
      const own = typeof answer.valueString === 'string' ? [answer.valueString] : []
      return [...own.map(text => ({ item, expression: `${here}.value`, text })), ...writtenBelow(form, answer, here)]
    })
    return [...answers, ...writtenBelow(form, source, place)]
  })
}

function adviseOnMeasures(form: Form, response: QuestionnaireResponse, root: string): readonly FormIssue[] {
  const sources = arrayOf(response.item).map(each => (isObject(each) ? each : {}))
  return conditionalOpinions.flatMap(({ question, code, measures }) => {
    const item = form.item(question)
    const at = sources.findIndex(source => source.linkId === question)
    if (!item || at < 0 || !measures.some(linkId => form.item(linkId))) return []
    const isConditional = answersOf(sources[at]!).some(
      ({ valueCoding }) => isObject(valueCoding) && valueCoding.code === code
    )
    const isSaid = sources.some(source => measures.includes(String(source.linkId)) && answersOf(source).some(says))
    return isConditional && !isSaid ? [issue(noMeasuresAdvice, item, `${root}.item[${at}]`)] : []
  })
}

const answersOf = (source: Source): readonly Source[] => arrayOf(source.answer).filter(isObject)

/** Something is written there, be it masked for this reader. */
const says = ({ valueString, _valueString }: Source): boolean =>
  isMasked(_valueString) || (typeof valueString === 'string' && valueString.trim() !== '')
