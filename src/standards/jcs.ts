/**
 * The canonical form of a JSON value (RFC 8785): members in the order of the UTF-16 code units of their names, no
 * white space, numbers and strings as ECMAScript prints them. Members whose value is `undefined` are left out, as
 * `JSON.stringify` does.
 *
 * The text is written directly. A sorted copy for `JSON.stringify` is no faster and wrong at two places: JavaScript
 * puts members named like integers first, and a member `__proto__` sets the prototype of the copy.
 * @throws TypeError if the value is not JSON: a number that is not finite, a lone surrogate, an instance of a class
 */
export function canonicalize(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('a number that is not finite has no canonical form')
      return `${value}`
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? writeArray(value) : writeObject(value as Readonly<Record<string, unknown>>)
    default:
      throw new TypeError(`no canonical form for a value of type ${typeof value}`)
  }
}

/** @returns the canonical form in UTF-8, ready to be hashed or signed */
export function canonicalBytes(value: unknown): Buffer {
  return Buffer.from(canonicalize(value))
}

function writeArray(items: readonly unknown[]): string {
  let text = ''
  for (let i = 0; i < items.length; i++) text += i === 0 ? canonicalize(items[i]) : `,${canonicalize(items[i])}`
  return `[${text}]`
}

function writeObject(object: Readonly<Record<string, unknown>>): string {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError('only plain objects have a canonical form')
  const names = sortedNames(object)
  let text = ''
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!
    const value = object[name]
    if (value !== undefined) text += (text === '' ? head(name).first : head(name).next) + canonicalize(value)
  }
  return text === '' ? '{}' : `${text}}`
}

/** How a member of this name begins, first in its object or behind another. */
interface Head {
  readonly first: string
  readonly next: string
}

/**
 * Heads are kept, since FHIR has few names and each comes often: a fifth of the time. Who sends many other names only
 * has the table begun anew.
 */
const heads = new Map<string, Head>()
const maxHeads = 2000
const maxHeadLength = 64

function head(name: string): Head {
  const kept = heads.get(name)
  if (kept !== undefined) return kept
  const text = `${quoted(name)}:`
  const made = { first: `{${text}`, next: `,${text}` }
  if (heads.size === maxHeads) heads.clear()
  if (name.length <= maxHeadLength) heads.set(name, made)
  return made
}

/** `<` on strings compares UTF-16 code units, as section 3.2.3 asks. FHIR's objects are small: insertion beats `sort`. */
function sortedNames(object: object): string[] {
  const names = Object.keys(object)
  if (names.length > 32) return names.sort()
  for (let i = 1; i < names.length; i++) {
    const name = names[i]!
    let at = i
    for (; at > 0 && names[at - 1]! > name; at--) names[at] = names[at - 1]!
    names[at] = name
  }
  return names
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON escapes
const needsCare = /["\\\u0000-\u001f\ud800-\udfff]/

function quoted(text: string): string {
  if (!needsCare.test(text)) return `"${text}"`
  // JSON.stringify would write a lone surrogate as an escape; RFC 8785 section 3.2.2.2 wants an error.
  if (!text.isWellFormed()) throw new TypeError('a lone surrogate has no canonical form')
  return JSON.stringify(text)
}
