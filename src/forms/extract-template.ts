import type { Extension } from '@medplum/fhirtypes'
import { extensionOf, extensions } from './extensions.ts'
import { type PathCompiler, type Place, placesIn } from './extract-path.ts'
import { isObject } from './rules/node.ts'

/** Makes what one element of a template becomes: nothing, one value, or several where a context repeats it. */
export type Fill = (place: Place) => readonly unknown[]

type Members = Readonly<Record<string, unknown>>

/**
 * Compiles an element of a template. `templateExtractContext` repeats it for each result and is where the expressions inside
 * begin; `templateExtractValue` puts results in its place; without a result the element goes, and so does one of which
 * nothing is left.
 * @param at path of the element, e.g. `Observation.component`
 * @throws SyntaxError where an expression is no FHIRPath
 * @see HL7 SDC 4.0.0, template-based extraction
 */
export function compileElement(template: Members, paths: PathCompiler, at: string): Fill {
  const value = textOf(template, extensions.templateExtractValue)
  const context = contextOf(template)
  const inner = context ? paths.inside() : paths
  const fill = value === undefined ? membersOf(template, inner, at) : complexValue(inner, value, at)
  if (!context) return fill
  const evaluate = paths.compile(context.expression, at)
  return place => placesIn(place, evaluate(place), context.name, at).flatMap(fill)
}

interface Context {
  readonly expression: string
  /** by which expressions inside may call it */
  readonly name: string | undefined
}

function contextOf(element: object): Context | undefined {
  const extension = extensionOf(element as { extension?: Extension[] }, extensions.templateExtractContext)
  const expression = extension?.valueString ?? extension?.valueExpression?.expression
  return expression === undefined ? undefined : { expression, name: extension?.valueExpression?.name }
}

const templateUrls: ReadonlySet<string> = new Set([extensions.templateExtractContext, extensions.templateExtractValue])

function textOf(element: unknown, url: string): string | undefined {
  return isObject(element) ? extensionOf(element as { extension?: Extension[] }, url)?.valueString : undefined
}

/** An element that has members is replaced by what has members. */
function complexValue(paths: PathCompiler, expression: string, at: string): Fill {
  const evaluate = paths.compile(expression, at)
  return place => {
    const results = evaluate(place)
    const fitting = results.filter(isObject)
    if (fitting.length < results.length) place.doubt('extract-type', at)
    return fitting.map(each => structuredClone(each))
  }
}

function membersOf(template: Members, paths: PathCompiler, at: string): Fill {
  const names = [...new Set(Object.keys(template).map(name => name.replace(/^_/, '')))]
  const members = names.map(name => compileMember(template, name, paths, at))
  return place => {
    const made: Record<string, unknown> = {}
    for (const member of members) Object.assign(made, member(place))
    const isEmpty = Object.keys(made).every(name => name === 'resourceType')
    return isEmpty ? [] : [made]
  }
}

type FillMember = (place: Place) => Members

/** One property: `name` and `_name` are the same (SDC). */
function compileMember(template: Members, name: string, paths: PathCompiler, at: string): FillMember {
  const value = template[name]
  const shadow = template[`_${name}`]
  const path = `${at}.${name}`
  if (name === 'extension') return extensionMember(value, paths, path)
  const isList = Array.isArray(value) || Array.isArray(shadow)
  const values = listOf(value)
  const shadows = listOf(shadow)
  const elements = Array.from({ length: Math.max(values.length, shadows.length) }, (_, nth) =>
    isObject(values[nth])
      ? compileElement(values[nth] as Members, paths, path)
      : compilePrimitive(values[nth], shadows[nth], paths, path)
  )
  return place => {
    const made = elements.flatMap(fill => fill(place))
    if (made.length > 1 && !isList) place.doubt('extract-many', path)
    return spell(name, isList ? made : made.slice(0, 1), isList)
  }
}

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value]

/** The extensions of an element without those that make it a template. */
function extensionMember(value: unknown, paths: PathCompiler, at: string): FillMember {
  const others = listOf(value).filter(each => isObject(each) && !templateUrls.has(each.url as string))
  const fills = others.map(each => compileElement(each as Members, paths, at))
  return place => {
    // an extension of which only its url is left says nothing
    const made = fills.flatMap(fill => fill(place)).filter(each => Object.keys(each as Members).length > 1)
    return made.length > 0 ? { extension: made } : {}
  }
}

/** A primitive with what stands in its `_` sibling. */
class Primitive {
  readonly value: unknown
  readonly shadow: Members | undefined

  constructor(value: unknown, shadow: Members | undefined) {
    this.value = value
    this.shadow = shadow
  }
}

function compilePrimitive(value: unknown, shadow: unknown, paths: PathCompiler, at: string): Fill {
  if (!isObject(shadow)) return () => [new Primitive(value, undefined)]
  const context = contextOf(shadow)
  const inner = context ? paths.inside() : paths
  const rest = membersOf(shadow, inner, at)
  const expression = textOf(shadow, extensions.templateExtractValue)
  const evaluate = expression === undefined ? () => [value] : inner.compile(expression, at)
  const fill: Fill = place => {
    const results = evaluate(place)
    const fitting = results.filter(each => !isObject(each))
    if (fitting.length < results.length) place.doubt('extract-type', at)
    return fitting.map(each => new Primitive(each, rest(place)[0] as Members | undefined))
  }
  if (!context) return fill
  const outer = paths.compile(context.expression, at)
  return place => placesIn(place, outer(place), context.name, at).flatMap(fill)
}

/** Writes a property as FHIR JSON does: primitives and their extensions in two members, `null` where one has none. */
function spell(name: string, made: readonly unknown[], isList: boolean): Members {
  if (made.length === 0) return {}
  const [first] = made
  if (!(first instanceof Primitive)) return { [name]: isList ? made : first }
  if (!isList) {
    return {
      ...(first.value === undefined ? {} : { [name]: first.value }),
      ...(first.shadow === undefined ? {} : { [`_${name}`]: first.shadow })
    }
  }
  const primitives = made as readonly Primitive[]
  const values = primitives.map(each => each.value ?? null)
  const shadows = primitives.map(each => each.shadow ?? null)
  return {
    ...(values.every(each => each === null) ? {} : { [name]: values }),
    ...(shadows.every(each => each === null) ? {} : { [`_${name}`]: shadows })
  }
}
