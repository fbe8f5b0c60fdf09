import type { Questionnaire } from '@medplum/fhirtypes'
import type { Engines } from './engines.ts'
import { extensionOf, extensions, extensionsOf, shadowOf, translationOf } from './extensions.ts'
import { type Form, type Item, isQuestion } from './form.ts'
import { countRule, typeRule } from './rules/answers.ts'
import { check } from './rules/check.ts'
import { type ConditionMaker, commonGroup, conditionMaker } from './rules/conditions.ts'
import { dependencyOrder } from './rules/dependency-order.ts'
import { compileExpressions, computedOptionRule, type Expressions } from './rules/expression-rules.ts'
import { FormFault } from './rules/form-fault.ts'
import { inspect } from './rules/inspect.ts'
import { attachmentRule, referenceRule } from './rules/media.ts'
import type { Node } from './rules/node.ts'
import { exclusiveRule, optionRule, unknownValueSetRule } from './rules/options.ts'
import { type QuantityContext, quantityRules } from './rules/quantities.ts'
import type { AnswerRule, AnswersRule, Condition, FormRules, ItemRules } from './rules/rules.ts'
import { notBeforeRule, valueRules } from './rules/values.ts'
import { type Grown, growTree } from './tree.ts'
import { slotsOf, unitsOf } from './units.ts'
import type { ValueSetLookup } from './value-sets.ts'

export interface CompileOptions {
  /** `required`: every item that is not only displayed must have a disclosure class, as all our own forms do */
  readonly classes?: 'required' | 'optional'
  /** codes of value sets outside the Questionnaire */
  readonly valueSet?: ValueSetLookup
  /** FHIRPath and UCUM; a form that needs them does not compile without */
  readonly engines?: Engines | undefined
}

/**
 * Compiles a Questionnaire (R4, core and our own extensions) into a form: items as plain data, rules as closures. Done at
 * start-up; judging a response then costs one walk over the response.
 * @throws FormFault with every fault: linkIds that are not unique, conditions without a question or in a circle, a broken
 * invariant que-1 to que-13, a pattern that RE2 cannot express, an extension that we cannot judge, a missing class
 * @see HL7 SDC 4.0.0; FHIR R4 Questionnaire
 */
export function compileForm(questionnaire: Questionnaire, options: CompileOptions = {}): Form {
  const canonical = canonicalOf(questionnaire)
  const faults = inspect(questionnaire, {
    needsClasses: options.classes === 'required',
    engines: options.engines
  }).filter(issue => issue.severity === 'error')
  if (faults.length > 0) throw new FormFault(canonical, faults)
  const { root, grown, valueSet } = growTree(questionnaire, options.valueSet ?? (() => undefined))
  const byLinkId = new Map(grown.slice(1).map(({ item }) => [item.linkId, item]))
  const item = (linkId: string) => byLinkId.get(linkId)
  const rules = rulesOf(grown, item, { questionnaire, engines: options.engines, valueSet, canonical })
  const form: Form = {
    canonical,
    url: questionnaire.url ?? '',
    version: questionnaire.version,
    title: questionnaire.title ?? '',
    english: translationOf(shadowOf(questionnaire, 'title'), 'en'),
    status: questionnaire.status,
    effectivePeriod: questionnaire.effectivePeriod,
    root,
    items: grown.slice(1).map(each => each.item),
    item,
    check: (response, checkOptions) => check(form, rules, response, checkOptions),
    units: response => unitsOf(form, response),
    slots: response => slotsOf(form, response)
  }
  return form
}

/** `url|version`, or the url alone where the form has no version. */
const canonicalOf = ({ url, version }: Questionnaire): string =>
  version === undefined ? (url ?? '') : `${url ?? ''}|${version}`

interface RuleContext {
  readonly questionnaire: Questionnaire
  readonly engines: Engines | undefined
  readonly valueSet: ValueSetLookup
  readonly canonical: string
}

function rulesOf(
  grown: readonly Grown[],
  find: (linkId: string) => Item | undefined,
  { questionnaire, engines, valueSet, canonical }: RuleContext
): FormRules {
  const maker = conditionMaker(find, engines?.ucum)
  const expressions = expressionsOfAll(grown, questionnaire, engines)
  const partial = grown.map(each => conditionsOf(each, maker, find, expressions[each.item.index]!))
  const scopes = scopesOf(partial)
  const order = dependencyOrder(
    grown.map(({ item }, at) => ({
      item,
      isGated: partial[at]!.gate !== undefined,
      after: partial[at]!.gate?.conditions.map(each => each.target) ?? []
    }))
  )
  if (!order) throw new TypeError(`${canonical}: conditions in a circle that inspection did not see`)
  const conditional = new Set(order)
  const items = grown.map((each, at): ItemRules => {
    const { gate, requiredWhen } = partial[at]!
    return {
      isText: textRule(each),
      gate,
      requiredWhen,
      isConditional: conditional.has(each.item),
      reach: reachOf(each.item, scopes.get(each.item)),
      answer: answerRules(each, find, expressions[each.item.index]!, { ucum: engines?.ucum, valueSet }),
      constraints: expressions[each.item.index]!.constraints,
      calculated: each.source.readOnly === true ? expressions[each.item.index]!.calculated : undefined,
      answers: answersRules(each.item),
      demanded: each.item.items.filter(child => isDemanded(child, partial[child.index]!.requiredWhen))
    }
  })
  return { size: grown.length, items, conditional: order }
}

/** By index of the item; those of the form itself stand at its root. */
function expressionsOfAll(
  grown: readonly Grown[],
  form: Questionnaire,
  engines: Engines | undefined
): readonly Expressions[] {
  const sources = new Map(grown.map(({ source }) => [source.linkId, source]))
  const all: Expressions[] = []
  for (const { item, source } of grown) {
    const around = item.parent ? all[item.parent.index]!.variables : []
    const context = { form, item: item.parent && item, around, engines, find: (linkId: string) => sources.get(linkId) }
    all.push(compileExpressions(item.parent ? source : form, context))
  }
  return all
}

interface Conditions {
  readonly item: Item
  readonly gate: ItemRules['gate']
  readonly requiredWhen: readonly Condition[]
  readonly notBefore: Item | undefined
}

function conditionsOf(
  { item, source }: Grown,
  maker: ConditionMaker,
  find: (linkId: string) => Item | undefined,
  { enableWhen: expression }: Expressions
): Conditions {
  return {
    item,
    gate: expression ? { conditions: [], all: true, expression } : maker.enableWhen(item),
    requiredWhen: maker.requiredWhen(item),
    notBefore: find(extensionOf(source, extensions.notBefore)?.valueString ?? '')
  }
}

/** For each question that conditions ask for: the groups in whose repetitions they look. */
function scopesOf(all: readonly Conditions[]): ReadonlyMap<Item, ReadonlySet<Item>> {
  const scopes = new Map<Item, Set<Item>>()
  const note = (target: Item, scope: Item) => {
    const known = scopes.get(target) ?? new Set()
    scopes.set(target, known.add(scope))
  }
  for (const { item, gate, requiredWhen, notBefore } of all) {
    for (const { target, scope } of [...(gate?.conditions ?? []), ...requiredWhen]) note(target, scope)
    if (notBefore) note(notBefore, commonGroup(item, notBefore))
  }
  return scopes
}

function reachOf(item: Item, scopes: ReadonlySet<Item> | undefined): ItemRules['reach'] {
  if (!scopes) return undefined
  return node => {
    for (let around: Node | undefined = node.parent; around; around = around.parent) {
      if (!scopes.has(around.item)) continue
      around.reached ??= new Map()
      const known = around.reached.get(item.index)
      if (known) known.push(node)
      else around.reached.set(item.index, [node])
    }
  }
}

/** Rule 18: the text of the form or one of its translations; none is demanded where the form computes the text. */
function textRule({ item, source }: Grown): ItemRules['isText'] {
  const shadow = shadowOf(source, 'text')
  const isComputed = shadow?.extension?.some(each => each.valueExpression !== undefined) ?? false
  const translations = extensionsOf(shadow, extensions.translation).flatMap(
    each => extensionOf(each, 'content')?.valueString ?? []
  )
  if (item.text === undefined || isComputed) return () => true
  if (translations.length === 0) return text => text === item.text
  const texts: ReadonlySet<unknown> = new Set([item.text, ...translations])
  return text => texts.has(text)
}

function answerRules(
  each: Grown,
  find: (linkId: string) => Item | undefined,
  expressions: Expressions,
  quantities: QuantityContext
): readonly AnswerRule[] {
  const { item, source } = each
  if (!isQuestion(item)) return []
  const rules: AnswerRule[] = []
  if (item.options.length > 0) rules.push(optionRule(item, source.answerValueSet !== undefined))
  else if (source.answerValueSet !== undefined) rules.push(unknownValueSetRule(item))
  if (expressions.answer) rules.push(computedOptionRule(item, expressions.answer))
  rules.push(...valueRules(item, source, expressions), ...quantityRules(item, source, quantities))
  const before = find(extensionOf(source, extensions.notBefore)?.valueString ?? '')
  if (before) rules.push(notBeforeRule(item, before, commonGroup(item, before)))
  if (item.type === 'attachment') rules.push(attachmentRule(item, source))
  if (item.type === 'reference') rules.push(referenceRule(item, source))
  return [typeRule(item, rules)]
}

function answersRules(item: Item): readonly AnswersRule[] {
  if (!isQuestion(item)) return []
  const rules: AnswersRule[] = []
  if (item.options.some(option => option.exclusive)) rules.push(exclusiveRule(item))
  if (item.repeats && (item.min > 1 || item.max !== Number.POSITIVE_INFINITY)) rules.push(countRule(item))
  return rules
}

function isDemanded(child: Item, requiredWhen: readonly Condition[]): boolean {
  if (child.type === 'display') return false
  const isBounded = child.min > 0 || (child.type === 'group' && child.max !== Number.POSITIVE_INFINITY)
  return child.required || isBounded || requiredWhen.length > 0
}
