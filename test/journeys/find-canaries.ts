/**
 * Looks for canaries in whatever left the gateway, however it was written: as text, in JSON or HTML escapes, percent-encoded,
 * in base64 or base64url at any offset, in any Unicode normal form, and in one inside the other.
 */

const depth = 3

/** @returns those needles that stand in the text in any of these ways */
export function findCanaries(text: string, needles: Needles): readonly string[] {
  const found = new Set<string>()
  const seen = new Set<string>()
  let layer = [text]
  for (let round = 0; round <= depth && layer.length > 0; round++) {
    const next: string[] = []
    for (const each of layer) {
      if (seen.has(each)) continue
      seen.add(each)
      for (const [folded] of fold(each).matchAll(needles.pattern)) found.add(needles.byFolded.get(folded)!)
      if (round < depth) next.push(...decodings(each))
    }
    layer = next
  }
  return [...found]
}

export interface Needles {
  readonly pattern: RegExp
  readonly byFolded: ReadonlyMap<string, string>
}

export function needlesOf(values: readonly string[]): Needles {
  const byFolded = new Map(values.map(value => [fold(value), value]))
  // the longer first, so that a sentence is named rather than its first clause
  const longestFirst = [...byFolded.keys()].sort((one, other) => other.length - one.length)
  return { pattern: new RegExp(longestFirst.map(literal).join('|'), 'gu'), byFolded }
}

/** Short numbers turn up inside random ids by chance, so that a number counts only where it stands alone. */
function literal(folded: string): string {
  const escaped = folded.replaceAll(/[.*+?^${}()|[\]\\/]/gu, '\\$&')
  return /^\d{1,9}$/u.test(folded) ? `(?<![0-9A-Za-z-])${escaped}(?![0-9A-Za-z-])` : escaped
}

/** One normal form, without what writers of different formats add or leave out between words. */
const fold = (text: string): string => text.normalize('NFKC').replaceAll(/[\s+\\]/gu, '')

function decodings(text: string): readonly string[] {
  return [unescaped(text), percentDecoded(text), fromLatin1(text), ...fromBase64(text)].filter(
    decoded => decoded !== text && decoded !== ''
  )
}

const unescaped = (text: string): string =>
  text
    .replaceAll(/\\+u([0-9a-f]{4})/giu, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/&#x([0-9a-f]{1,6});/giu, (_, hex: string) => codePoint(Number.parseInt(hex, 16)))
    .replaceAll(/&#(\d{1,7});/gu, (_, digits: string) => codePoint(Number(digits)))

const codePoint = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : '')

const percentDecoded = (text: string): string =>
  text.replaceAll(/(?:%[0-9a-f]{2})+/giu, run => Buffer.from(run.replaceAll('%', ''), 'hex').toString())

/** Bytes of UTF-8 that a reader of headers took for Latin-1. */
const fromLatin1 = (text: string): string =>
  /[\x80-\xff]/u.test(text) && !/[^\p{ASCII}\x80-\xff]/u.test(text) ? Buffer.from(text, 'latin1').toString() : ''

/** Runs of the alphabet of base64, each read from its first four characters on, since nothing says where it begins. */
function fromBase64(text: string): readonly string[] {
  const runs = text.match(/[A-Za-z0-9+/_-]{8,}/gu) ?? []
  if (runs.length === 0) return []
  return [0, 1, 2, 3].map(offset => runs.map(run => Buffer.from(run.slice(offset), 'base64').toString()).join(boundary))
}

/** Nothing that `fold` takes away, so that two runs do not read as one. */
const boundary = '\u0001'
