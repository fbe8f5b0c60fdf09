import type { Coding, QuestionnaireItem } from '@medplum/fhirtypes'
import type { Ucum } from '../engines.ts'
import { extensionOf, extensions, extensionsOf, valueIn } from '../extensions.ts'
import type { Item } from '../form.ts'
import type { ValueSetLookup } from '../value-sets.ts'
import type { FindingKey } from './findings.ts'
import { answerExpression, isObject, type Source } from './node.ts'
import { add } from './report.ts'
import type { AnswerRule } from './rules.ts'

/** The system of UCUM's codes. */
export const ucumSystem = 'http://unitsofmeasure.org'

export const isUcum = (quantity: unknown): quantity is Source & { readonly code: string } =>
  isObject(quantity) && quantity.system === ucumSystem && typeof quantity.code === 'string'

function sameUnit(a: Source, b: Source): boolean {
  if (a.code === undefined && b.code === undefined) return a.unit === b.unit
  return a.code === b.code && a.system === b.system
}

/** Conversion multiplies: what differs by less than this part is the same. */
const precision = 1e-12

/**
 * Order of two quantities: by value where their units are the same, converted where both are UCUM and measure the same.
 * undefined where they do not compare, also where one is only known to lie below or above its value (`comparator`).
 */
export function compareQuantities(a: Source, b: Source, ucum: Ucum | undefined): number | undefined {
  if (typeof a.value !== 'number' || typeof b.value !== 'number') return undefined
  if (a.comparator !== undefined || b.comparator !== undefined) return undefined
  if (sameUnit(a, b)) return a.value - b.value
  const value = isUcum(a) && isUcum(b) ? ucum?.convert(a.value, a.code, b.code) : undefined
  if (value === undefined) return undefined
  const difference = value - b.value
  return Math.abs(difference) <= precision * Math.max(Math.abs(value), Math.abs(b.value)) ? 0 : difference
}

const written = ({ value, unit, code }: Source): string => `${String(value)} ${String(unit ?? code ?? '')}`.trim()

/** Rule 45; of two bounds that do not compare, one is said. */
function quantityBoundRule(
  item: Item,
  { least, most }: { readonly least: Source | undefined; readonly most: Source | undefined },
  ucum: Ucum | undefined
): AnswerRule {
  return (run, answer) => {
    const { value } = answer
    if (!isObject(value)) return
    const say = (key: FindingKey, bound: Source) =>
      add(run.report, key, `${answerExpression(answer, run.root)}.value`, item, { limit: written(bound) })
    const above = least && compareQuantities(value, least, ucum)
    const below = most && compareQuantities(value, most, ucum)
    if (least && above === undefined) say('not-comparable-quantity', least)
    else if (most && below === undefined) say('not-comparable-quantity', most)
    if (least && above !== undefined && above < 0) say('below-minimum-quantity', least)
    if (most && below !== undefined && below > 0) say('above-maximum-quantity', most)
  }
}

const unitKey = ({ system, code }: { readonly system?: unknown; readonly code?: unknown }): string =>
  `${String(system ?? '')}|${String(code ?? '')}`

/** Rule 47 against the units that the form lists. */
function unitRule(item: Item, units: readonly Coding[], open: string | undefined): AnswerRule {
  const allowed = new Set(units.map(unitKey))
  const limit = units.map(({ display, code }) => display ?? code).join(', ')
  return (run, answer) => {
    if (!isObject(answer.value) || allowed.has(unitKey(answer.value))) return
    // any coded unit besides those listed, or a unit in words
    const isOpen = open === 'optionsOrType' || (open === 'optionsOrString' && answer.value.code === undefined)
    if (!isOpen) add(run.report, 'unit-not-offered', `${answerExpression(answer, run.root)}.value`, item, { limit })
  }
}

function unknownUnitsRule(item: Item): AnswerRule {
  return (run, answer) => add(run.report, 'units-unknown', `${answerExpression(answer, run.root)}.value`, item)
}

/** A bound as a Quantity: SDC's minQuantity and maxQuantity, or minValue and maxValue where they hold one. */
export function quantityBoundOf(source: QuestionnaireItem, below: boolean): Source | undefined {
  const { minQuantity, maxQuantity, minValue, maxValue } = extensions
  for (const url of below ? [minQuantity, minValue] : [maxQuantity, maxValue]) {
    const bound = valueIn(extensionOf(source, url))
    if (bound?.key === 'valueQuantity' && isObject(bound.value)) return bound.value
  }
  return undefined
}

/** True where bounds or conditions of the item can only be judged by converting units. */
export function needsUcum(source: QuestionnaireItem): boolean {
  const asked = source.enableWhen?.map(when => when.answerQuantity) ?? []
  return [quantityBoundOf(source, true), quantityBoundOf(source, false), ...asked].some(isUcum)
}

/** What quantities are judged with. */
export interface QuantityContext {
  readonly ucum: Ucum | undefined
  readonly valueSet: ValueSetLookup
}

/** The rules on quantities (45, 47) that the item of a Questionnaire asks for. */
export function quantityRules(
  item: Item,
  source: QuestionnaireItem,
  { ucum, valueSet }: QuantityContext
): readonly AnswerRule[] {
  if (item.type !== 'quantity') return []
  const rules: AnswerRule[] = []
  const least = quantityBoundOf(source, true)
  const most = quantityBoundOf(source, false)
  if (least || most) rules.push(quantityBoundRule(item, { least, most }, ucum))
  const options = extensionsOf(source, extensions.unitOption).flatMap(each => each.valueCoding ?? [])
  const named = extensionOf(source, extensions.unitValueSet)
  const canonical = named?.valueCanonical ?? named?.valueUri
  const listed = canonical === undefined ? [] : valueSet(canonical)
  const open = extensionOf(source, extensions.unitOpen)?.valueCode
  if (!listed) rules.push(unknownUnitsRule(item))
  else if (options.length + listed.length > 0 || canonical !== undefined) {
    rules.push(unitRule(item, [...options, ...listed], open))
  }
  return rules
}
