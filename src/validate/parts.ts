import { listAt, type Members, objectAt, textAt } from './members.ts'
import { type Survey, survey } from './survey.ts'

/** One entry of a document Bundle, as far as it can be made out. */
export interface Part {
  readonly index: number
  /** FHIRPath of the entry; the resource stands at `.resource` */
  readonly place: string
  readonly fullUrl: string | undefined
  readonly resource: Members | undefined
  readonly type: string | undefined
  readonly survey: Survey
}

/** The entries of a Bundle, and the ways in which one is found. */
export interface Parts {
  readonly all: readonly Part[]
  ofType(type: string): readonly Part[]
  /** the entry that `holder[name]`, a Reference, leads to */
  target(holder: unknown, name: string): Part | undefined
  /** the entry with that fullUrl */
  at(fullUrl: string | undefined): Part | undefined
}

/** No document of ours comes near this; what is beyond is not looked at, so that it costs nothing. */
export const maxEntries = 100

/** Looks at a Bundle of which nothing is known yet, at most at its first 100 entries. */
export function partsOf(bundle: Members): Parts {
  const entries = listAt(bundle, 'entry').slice(0, maxEntries)
  const all = entries.map((entry, index): Part => {
    const resource = objectAt(entry, 'resource')
    const place = `Bundle.entry[${index}]`
    const type = textAt(resource, 'resourceType')
    return { index, place, fullUrl: textAt(entry, 'fullUrl'), resource, type, survey: survey(resource) }
  })
  const byUrl = new Map(all.flatMap(part => (part.fullUrl === undefined ? [] : [[part.fullUrl, part]])))
  const at = (fullUrl: string | undefined) => (fullUrl === undefined ? undefined : byUrl.get(fullUrl))
  return {
    all,
    ofType: type => all.filter(part => part.type === type),
    target: (holder, name) => at(textAt(objectAt(holder, name), 'reference')),
    at
  }
}
