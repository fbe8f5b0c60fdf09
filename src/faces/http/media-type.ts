/** A media type with its parameters; type and parameter names in lower case (RFC 9110 section 8.3.1). */
export interface MediaType {
  /** `type/subtype`, e.g. `application/fhir+json` */
  readonly essence: string
  readonly parameters: ReadonlyMap<string, string>
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const essencePattern = new RegExp(`[ \\t]*(${token}/${token})[ \\t]*`, 'y')
const parameterPattern = new RegExp(`;[ \\t]*(?:(${token})=(?:(${token})|"((?:[^"\\\\]|\\\\.)*)"))?[ \\t]*`, 'y')

/** No media type that anybody means is longer; so a header cannot buy work. */
const maxLength = 1000

/** @returns undefined where the text is no media type, or names a parameter twice */
export function parseMediaType(text: string): MediaType | undefined {
  if (text.length > maxLength) return undefined
  essencePattern.lastIndex = 0
  const essence = essencePattern.exec(text)?.[1]
  if (essence === undefined) return undefined
  const parameters = new Map<string, string>()
  let at = essencePattern.lastIndex
  while (at < text.length) {
    parameterPattern.lastIndex = at
    const found = parameterPattern.exec(text)
    if (!found) return undefined
    const [whole, name, plain, quoted] = found
    at += whole.length
    if (name === undefined) continue
    if (parameters.has(name.toLowerCase())) return undefined
    parameters.set(name.toLowerCase(), plain ?? quoted!.replaceAll(/\\(.)/g, '$1'))
  }
  return { essence: essence.toLowerCase(), parameters }
}

/**
 * The one of `produced` that is accepted with the most weight, the first of equals; without Accept the first.
 * @returns undefined where none is accepted
 * @see RFC 9110 section 12.5.1
 */
export function preferredOf(accept: string | undefined, produced: readonly string[]): string | undefined {
  if (accept === undefined || accept.trim() === '') return produced[0]
  const ranges = splitList(accept).flatMap(part => parseMediaType(part) ?? [])
  let best: string | undefined
  let weight = 0
  for (const essence of produced) {
    const quality = qualityOf(essence, ranges)
    if (quality <= weight) continue
    best = essence
    weight = quality
  }
  return best
}

/** FHIR as R4 in UTF-8; a range that asks for another version or charset does not cover it. */
function isOurs({ parameters }: MediaType): boolean {
  const charset = parameters.get('charset')?.toLowerCase() ?? 'utf-8'
  return charset === 'utf-8' && (parameters.get('fhirversion') ?? '4.0') === '4.0'
}

/** Weight of the most specific range that covers `essence`, 0 where none does. */
function qualityOf(essence: string, ranges: readonly MediaType[]): number {
  let specificity = -1
  let quality = 0
  for (const range of ranges) {
    const rank = [`*/*`, `${essence.split('/')[0]}/*`, essence].indexOf(range.essence)
    if (rank < 0 || rank < specificity || !isOurs(range)) continue
    quality = rank > specificity ? weightOf(range) : Math.max(quality, weightOf(range))
    specificity = rank
  }
  return quality
}

function weightOf({ parameters }: MediaType): number {
  const weight = parameters.get('q') ?? '1'
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight) : 0
}

/** Parts at commas that stand outside quotes. */
function splitList(header: string): readonly string[] {
  return header.slice(0, maxLength).match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? []
}
