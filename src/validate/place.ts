import { isMembers, type Members } from './members.ts'

/**
 * Where a walk through a resource stands: a stack of names and indexes that the walk keeps up to date, so that no
 * expression is written for what is right.
 */
export class Place {
  readonly #steps: (string | number)[]

  /** @param root the first step, e.g. `Bundle` or `Bundle.entry[1].resource` */
  constructor(root: string) {
    this.#steps = [root]
  }

  enter(step: string | number): void {
    this.#steps.push(step)
  }

  leave(): void {
    this.#steps.pop()
  }

  /**
   * The FHIRPath expression of this place, or of the element `name` below it. JSON names become element names:
   * `_birthDate` is `birthDate`, `valueString` is `value`. Names that no element can have end the expression, since
   * they may be content.
   */
  expression(name?: string): string {
    let expression = ''
    for (const step of name === undefined ? this.#steps : [...this.#steps, name]) {
      if (typeof step === 'number') expression += `[${step}]`
      else if (expression === '') expression = step
      else if (!elementName.test(step)) return expression
      else expression += `.${step.replace('_', '').replace(/^value(?=[A-Z])(?!Set$).*$/, 'value')}`
    }
    return expression
  }
}

const elementName = /^_?[A-Za-z][A-Za-z0-9]{0,63}$/

/**
 * Visits every object within `value`, `value` itself included, from the outside inwards.
 * @param name the name of the member in which the object, or the list around it, stands
 */
export function walk(value: unknown, place: Place, visit: (object: Members, name: string) => void, name = ''): void {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (typeof value[i] !== 'object') continue
      place.enter(i)
      walk(value[i], place, visit, name)
      place.leave()
    }
    return
  }
  if (!isMembers(value)) return
  visit(value, name)
  for (const member of Object.keys(value)) {
    const inner = value[member]
    if (typeof inner !== 'object') continue
    place.enter(member)
    walk(inner, place, visit, member)
    place.leave()
  }
}

/** The FHIRPath expression of a JSON pointer (RFC 6901) whose names are plain. */
export function expressionOf(root: string, pointer: string): string {
  const place = new Place(root)
  for (const step of pointer.split('/').slice(1)) place.enter(/^\d+$/.test(step) ? Number(step) : step)
  return place.expression()
}
