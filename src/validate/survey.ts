/** What stands somewhere in a resource, without its place: places are made out only where something is wrong. */
export interface Survey {
  /** texts of all members `reference` of References, in order */
  readonly references: readonly string[]
  /** whether a photo, an attachment or a contained resource is in it */
  readonly hasAttachment: boolean
}

/** The names under which bytes or whole resources hide in another one. */
export const attachments = ['photo', 'contained', 'valueAttachment'] as const

/** The one other type with a member `reference`, the address of an expression's library, stands only here. */
export const notReference = 'valueExpression'

/** Looks once at all of a value of any shape and bounded depth. */
export function survey(value: unknown): Survey {
  const found = { references: [], hasAttachment: false }
  look(value, '', found)
  return found
}

function look(value: unknown, name: string, found: { references: string[]; hasAttachment: boolean }): void {
  if (Array.isArray(value)) {
    for (const each of value) if (typeof each === 'object') look(each, name, found)
    return
  }
  // undefined and null have no members
  const object = value as Readonly<Record<string, unknown>> | null | undefined
  for (const member in object) {
    const inner = object[member]
    if (member === 'reference') {
      if (typeof inner === 'string' && name !== notReference) found.references.push(inner)
    } else if (member === 'photo' || member === 'contained' || member === 'valueAttachment') {
      found.hasAttachment = true
    }
    if (typeof inner === 'object') look(inner, member, found)
  }
}
