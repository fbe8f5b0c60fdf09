import type {
  Coding,
  Questionnaire,
  QuestionnaireItem,
  QuestionnaireResponseItemAnswer,
  ValueSet
} from '@medplum/fhirtypes'
import type { DisclosureClass } from '../document/disclosure-class.ts'
import { extensionOf, extensions, requiredWhenOf, shadowOf, translationOf, valueIn } from './extensions.ts'
import type { Item, Option, ValueKey } from './form.ts'
import { codesOf, type ValueSetLookup, valueSetLookup } from './value-sets.ts'

/** An item and what it was made of. */
export interface Grown {
  readonly item: Item
  readonly source: QuestionnaireItem
}

/** All items of a form in form order; the first is the form itself, seen as a group. */
export interface Tree {
  readonly root: Item
  readonly grown: readonly Grown[]
  /** value sets inside the form and those known elsewhere */
  readonly valueSet: ValueSetLookup
}

/** Reads the items of a Questionnaire once. */
export function growTree(questionnaire: Questionnaire, valueSet: ValueSetLookup): Tree {
  const grown: Grown[] = []
  const lookup = withContained(questionnaire, valueSet)
  const grow = (source: QuestionnaireItem, parent: Item | undefined, position: number): Item => {
    const items: Item[] = []
    const item = itemOf(source, { parent, position, index: grown.length, items }, lookup)
    grown.push({ item, source })
    source.item?.forEach((child, at) => {
      items.push(grow(child, item, at))
    })
    return item
  }
  const root = grow(
    { linkId: '', type: 'group', text: questionnaire.title ?? '', item: questionnaire.item ?? [] },
    undefined,
    0
  )
  return { root, grown, valueSet: lookup }
}

function itemOf(
  source: QuestionnaireItem,
  place: Pick<Item, 'parent' | 'position' | 'index' | 'items'>,
  lookup: ValueSetLookup
): Item {
  const isRequired = source.required ?? false
  const least = extensionOf(source, extensions.minOccurs)?.valueInteger
  const most = extensionOf(source, extensions.maxOccurs)?.valueInteger
  const classExtension = extensionOf(source, extensions.disclosureClass)
  return {
    ...place,
    linkId: source.linkId,
    type: source.type,
    text: source.text,
    english: translationOf(shadowOf(source, 'text'), 'en'),
    class: (classExtension?.valueCoding?.code ?? classExtension?.valueCode) as DisclosureClass | undefined,
    required: isRequired,
    repeats: source.repeats ?? false,
    min: least ?? (isRequired ? 1 : 0),
    max: most ?? Number.POSITIVE_INFINITY,
    maxLength: source.maxLength,
    least: valueIn(extensionOf(source, extensions.minValue))?.value,
    most: valueIn(extensionOf(source, extensions.maxValue))?.value,
    enableWhen: source.enableWhen ?? [],
    enableBehavior: source.enableBehavior ?? 'any',
    requiredWhen: requiredWhenOf(source),
    options: optionsOf(source, lookup),
    initial: initialOf(source)
  }
}

function optionsOf(source: QuestionnaireItem, lookup: ValueSetLookup): readonly Option[] {
  const offered = (source.answerOption ?? []).flatMap(option => {
    const value = valueIn(option)
    if (!value) return []
    const exclusive = extensionOf(option, extensions.optionExclusive)?.valueBoolean ?? false
    return { ...value, exclusive }
  })
  const coded = (source.answerValueSet === undefined ? undefined : lookup(source.answerValueSet)) ?? []
  const all = [...offered, ...coded.map(value => ({ key: 'valueCoding' as ValueKey, value, exclusive: false }))]
  const counts = new Map<unknown, number>()
  for (const { value } of all) counts.set(codeOf(value), (counts.get(codeOf(value)) ?? 0) + 1)
  return all.map(option => ({
    ...option,
    plain: plainOf(option, counts.get(codeOf(option.value)) === 1),
    display: displayOf(option),
    english: option.key === 'valueCoding' ? translationOf(shadowOf(option.value as object, 'display'), 'en') : undefined
  }))
}

const codeOf = (value: unknown): unknown => (typeof value === 'object' ? (value as Coding).code : value)

function plainOf({ key, value }: { readonly key: ValueKey; readonly value: unknown }, isUnique: boolean): unknown {
  if (key === 'valueReference') return (value as { readonly reference?: string }).reference
  if (key !== 'valueCoding') return value
  const { system, code } = value as Coding
  return isUnique ? code : `${system ?? ''}|${code ?? ''}`
}

function displayOf({ key, value }: { readonly key: ValueKey; readonly value: unknown }): string | undefined {
  if (key === 'valueCoding' || key === 'valueReference') return (value as { readonly display?: string }).display
  return String(value)
}

function initialOf(source: QuestionnaireItem): readonly QuestionnaireResponseItemAnswer[] {
  const selected = (source.answerOption ?? []).filter(option => option.initialSelected === true)
  return [...(source.initial ?? []), ...selected].flatMap(each => {
    const value = valueIn(each)
    return value ? ({ [value.key]: value.value } as QuestionnaireResponseItemAnswer) : []
  })
}

/** Value sets inside the form (`#id`, or by url from one another) first; then those known elsewhere. */
function withContained(questionnaire: Questionnaire, valueSet: ValueSetLookup): ValueSetLookup {
  const contained = new Map<string, ValueSet>()
  for (const resource of questionnaire.contained ?? []) {
    if (resource.resourceType === 'ValueSet') contained.set(`#${resource.id}`, resource)
  }
  const inside = valueSetLookup([...contained.values()], [], valueSet)
  const known = new Map<string, readonly Coding[] | undefined>()
  return canonical => {
    const own = contained.get(canonical)
    if (!own) return valueSet(canonical)
    if (!known.has(canonical)) known.set(canonical, codesOf(own, undefined, inside))
    return known.get(canonical)
  }
}
