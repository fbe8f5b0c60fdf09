import type { Expression, Extension, Questionnaire, QuestionnaireItem } from '@medplum/fhirtypes'
import { extensionOf, extensions, extensionsOf, shadowOf, valueIn } from '../extensions.ts'

/** A FHIRPath expression that a form or one of its items carries in an extension that we act on. */
export interface Carried {
  readonly kind: 'enableWhen' | 'calculated' | 'answer' | 'variable' | 'constraint' | 'minValue' | 'maxValue'
  readonly extension: Extension
  /** undefined where there is none to be read */
  readonly text: string | undefined
  readonly language: string | undefined
  /** of a variable, without `%` */
  readonly name: string | undefined
}

type Holder = Questionnaire | QuestionnaireItem

const kinds: readonly (readonly [Carried['kind'], string])[] = [
  ['enableWhen', extensions.enableWhenExpression],
  ['calculated', extensions.calculatedExpression],
  ['answer', extensions.answerExpression],
  ['variable', extensions.variable]
]

function carried(kind: Carried['kind'], extension: Extension, expression: Expression | undefined): Carried {
  return { kind, extension, text: expression?.expression, language: expression?.language, name: expression?.name }
}

/** A bound that an expression computes: cqf-expression in the place of, or beside, its value. */
function computedBounds(holder: Holder, kind: 'minValue' | 'maxValue'): readonly Carried[] {
  return extensionsOf(holder, extensions[kind]).flatMap(extension => {
    const value = valueIn(extension)
    const names = Object.keys(extension).filter(name => name.startsWith('_value'))
    const holders = [value?.value, ...names.map(name => shadowOf(extension, name.slice(1)))]
    const expression = holders.flatMap(each => {
      if (typeof each !== 'object' || each === null) return []
      return extensionOf(each, extensions.cqfExpression)?.valueExpression ?? []
    })[0]
    // neither a value nor an expression is a bound that nobody can hold
    return expression || value === undefined ? [carried(kind, extension, expression)] : []
  })
}

/** Every expression that a form, or an item by itself, carries. */
export function expressionsOf(holder: Holder): readonly Carried[] {
  if (!holder.extension) return []
  const constraints = extensionsOf(holder, extensions.constraint).map(extension => {
    const expression = extensionOf(extension, 'expression')
    return carried('constraint', extension, expression?.valueExpression ?? asExpression(expression?.valueString))
  })
  return [
    ...kinds.flatMap(([kind, url]) => extensionsOf(holder, url).map(each => carried(kind, each, each.valueExpression))),
    ...constraints,
    ...computedBounds(holder, 'minValue'),
    ...computedBounds(holder, 'maxValue')
  ]
}

const asExpression = (text: string | undefined): Expression | undefined =>
  text === undefined ? undefined : { language: 'text/fhirpath', expression: text }

/**
 * A constraint is judged without FHIRPath where it says once more, for other fillers, what our own extensions say:
 * `<linkId>-required` for required-when, `<linkId>-not-before` for not-before.
 */
export function isOwnConstraint(
  constraint: Extension,
  find: (linkId: string) => QuestionnaireItem | undefined
): boolean {
  const [, linkId, sort] = /^(.+)-(required|not-before)$/.exec(extensionOf(constraint, 'key')?.valueId ?? '') ?? []
  const own = sort === 'required' ? extensions.requiredWhen : extensions.notBefore
  return linkId !== undefined && extensionOf(find(linkId), own) !== undefined
}
