import { isUtf8 } from 'node:buffer'

/**
 * The only reader of JSON from outside (RFC 8259, with the limits of I-JSON, RFC 7493).
 *
 * `JSON.parse` alone would let two readers of the same bytes see two documents: it takes the last of two members of
 * one name, turns `1.50` into `1.5`, and has no limit of depth. So one pass over the bytes looks first; what it lets
 * through `JSON.parse` cannot refuse.
 */

export type JsonFault = 'invalid-json' | 'duplicate-key' | 'too-deep'

/** Where something stands: byte offset from 0, line and column (characters) from 1, and a JSON pointer for people. */
export interface JsonPlace {
  readonly offset: number
  readonly line: number
  readonly column: number
  /** Member names that are not plain identifiers show as `*`, so that an error never repeats content. */
  readonly path: string
}

export class JsonError extends Error {
  override readonly name = 'JsonError'
  readonly kind: JsonFault
  readonly offset: number
  readonly line: number
  readonly column: number
  readonly path: string

  constructor(kind: JsonFault, place: JsonPlace) {
    super(`${kind} at line ${place.line}, column ${place.column}`)
    this.kind = kind
    this.offset = place.offset
    this.line = place.line
    this.column = place.column
    this.path = place.path
  }
}

export interface JsonLimits {
  /** Objects and arrays within one another; a document that is one object has depth 1. */
  readonly maxDepth: number
}

export interface JsonText {
  readonly value: unknown
  /** The first number that RFC 8785 would write otherwise (`1.0`, `1e3`, `-0`, more digits than a double holds). */
  readonly ambiguousNumber: JsonPlace | undefined
  /**
   * The text of every such number by its JSON pointer (RFC 6901); all others print as they were written. At most the
   * first 1,000, and none whose pointer is longer than 1,000 characters.
   */
  readonly numbers: ReadonlyMap<string, string>
}

/**
 * Reads JSON and refuses what is not JSON, what repeats a member name (compared after unescaping), what is deeper than
 * `maxDepth`, bad UTF-8, a byte order mark, lone surrogates, numbers beyond the range of a double, and members named
 * `__proto__`.
 * @throws JsonError
 * @see RFC 8259, RFC 7493 section 2, RFC 8785 section 3.2.2.3
 */
export function readJson(bytes: Uint8Array, limits: JsonLimits): JsonText {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const scan: Scan = {
    buffer,
    at: 0,
    maxDepth: limits.maxDepth,
    depth: 0,
    levels: [],
    first: undefined,
    numbers: noNumbers
  }
  if (!isUtf8(buffer)) {
    scan.at = firstBadByte(buffer)
    fail(scan, 'invalid-json')
  }
  scanValue(scan, skipSpace(buffer, 0))
  if (skipSpace(buffer, scan.at) < buffer.length) fail(scan, 'invalid-json', skipSpace(buffer, scan.at))
  return { value: JSON.parse(buffer.toString()), ambiguousNumber: scan.first, numbers: scan.numbers }
}

const maxNumbers = 1000
const maxPointer = 1000
const noNumbers: ReadonlyMap<string, string> = new Map()

/** An object or array that is open while the scan is inside it. One is kept for each depth and used again. */
interface Level {
  isObject: boolean
  /** Members or elements begun so far. */
  count: number
  /** Start and end of each member name, quotes left out, for as long as `names` is not in use. */
  readonly spans: number[]
  /** Unescaped names, once there are many of them or one holds an escape. */
  names: Set<string> | undefined
}

interface Scan {
  readonly buffer: Buffer
  readonly maxDepth: number
  readonly levels: Level[]
  at: number
  depth: number
  first: JsonPlace | undefined
  numbers: ReadonlyMap<string, string>
}

const quote = 0x22
const minus = 0x2d
const dot = 0x2e
const zero = 0x30
const nine = 0x39
const backslash = 0x5c

function fail(scan: Scan, kind: JsonFault, at = scan.at): never {
  throw new JsonError(kind, placeAt(scan, at))
}

function skipSpace(buffer: Buffer, from: number): number {
  let at = from
  for (;;) {
    const byte = buffer[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
    at++
  }
}

/** Each of these starts at a byte that is not space and leaves `scan.at` behind the last byte that it took. */
function scanValue(scan: Scan, from: number): void {
  switch (scan.buffer[from]) {
    case quote:
      scan.at = from
      scanString(scan)
      return
    case 0x7b:
      scanObject(scan, from + 1)
      return
    case 0x5b:
      scanArray(scan, from + 1)
      return
    case 0x74:
      scanWord(scan, from, 'true')
      return
    case 0x66:
      scanWord(scan, from, 'false')
      return
    case 0x6e:
      scanWord(scan, from, 'null')
      return
    default:
      scanNumber(scan, from)
  }
}

function scanWord(scan: Scan, from: number, word: string): void {
  for (let i = 1; i < word.length; i++) {
    if (scan.buffer[from + i] !== word.charCodeAt(i)) fail(scan, 'invalid-json', from + i)
  }
  scan.at = from + word.length
}

function enter(scan: Scan, isObject: boolean, from: number): Level {
  if (scan.depth === scan.maxDepth) fail(scan, 'too-deep', from - 1)
  let level = scan.levels[scan.depth]
  if (level === undefined) {
    level = { isObject, count: 0, spans: [], names: undefined }
    scan.levels.push(level)
  } else {
    level.isObject = isObject
    level.count = 0
    level.names = undefined
  }
  scan.depth++
  return level
}

function scanObject(scan: Scan, from: number): void {
  const level = enter(scan, true, from)
  const { buffer } = scan
  let at = skipSpace(buffer, from)
  if (buffer[at] === 0x7d) {
    scan.at = at + 1
    scan.depth--
    return
  }
  for (;;) {
    if (buffer[at] !== quote) fail(scan, 'invalid-json', at)
    scan.at = at
    const escaped = scanString(scan)
    addName(scan, level, at + 1, scan.at - 1, escaped)
    at = skipSpace(buffer, scan.at)
    if (buffer[at] !== 0x3a) fail(scan, 'invalid-json', at)
    scanValue(scan, skipSpace(buffer, at + 1))
    at = skipSpace(buffer, scan.at)
    if (buffer[at] === 0x7d) break
    if (buffer[at] !== 0x2c) fail(scan, 'invalid-json', at)
    at = skipSpace(buffer, at + 1)
  }
  scan.at = at + 1
  scan.depth--
}

function scanArray(scan: Scan, from: number): void {
  const level = enter(scan, false, from)
  const { buffer } = scan
  let at = skipSpace(buffer, from)
  if (buffer[at] === 0x5d) {
    scan.at = at + 1
    scan.depth--
    return
  }
  for (;;) {
    level.count++
    scanValue(scan, at)
    at = skipSpace(buffer, scan.at)
    if (buffer[at] === 0x5d) break
    if (buffer[at] !== 0x2c) fail(scan, 'invalid-json', at)
    at = skipSpace(buffer, at + 1)
  }
  scan.at = at + 1
  scan.depth--
}

/**
 * Notes a member name and refuses one that the object has already. Few names are compared byte by byte where they
 * stand, which costs nothing; the set keeps an object of many thousand members from costing their square.
 */
function addName(scan: Scan, level: Level, start: number, end: number, escaped: boolean): void {
  const { spans, count } = level
  spans[2 * count] = start
  spans[2 * count + 1] = end
  level.count = count + 1
  if (level.names === undefined && !escaped && count < 16) {
    const { buffer } = scan
    for (let i = 0; i < 2 * count; i += 2) {
      if (spans[i + 1]! - spans[i]! === end - start && sameBytes(buffer, spans[i]!, start, end)) {
        fail(scan, 'duplicate-key', start - 1)
      }
    }
    if (end - start === 9 && nameOf(scan, start, end) === '__proto__') fail(scan, 'invalid-json', start - 1)
    return
  }
  if (level.names === undefined) {
    level.names = new Set()
    for (let i = 0; i < 2 * count; i += 2) level.names.add(nameOf(scan, spans[i]!, spans[i + 1]!))
  }
  const name = nameOf(scan, start, end)
  if (level.names.has(name)) fail(scan, 'duplicate-key', start - 1)
  if (name === '__proto__') fail(scan, 'invalid-json', start - 1)
  level.names.add(name)
}

function sameBytes(buffer: Buffer, one: number, other: number, end: number): boolean {
  for (let i = other, j = one; i < end; i++, j++) {
    if (buffer[i] !== buffer[j]) return false
  }
  return true
}

function nameOf(scan: Scan, start: number, end: number): string {
  const raw = scan.buffer.toString('utf8', start, end)
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
}

/** @returns whether the string holds an escape */
function scanString(scan: Scan): boolean {
  const { buffer } = scan
  let at = scan.at + 1
  let escaped = false
  for (;;) {
    const byte = buffer[at]
    if (byte === undefined || byte < 0x20) fail(scan, 'invalid-json', at)
    at++
    if (byte === quote) break
    if (byte === backslash) {
      escaped = true
      at = skipEscape(scan, at)
    }
  }
  scan.at = at
  return escaped
}

/** From behind the backslash. A surrogate must be the first half of a pair, with the second right behind. */
function skipEscape(scan: Scan, at: number): number {
  switch (scan.buffer[at]) {
    case quote:
    case backslash:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return at + 1
    case 0x75: {
      const unit = hexUnit(scan, at + 1)
      if (unit < 0xd800 || unit > 0xdfff) return at + 5
      const isPair =
        unit < 0xdc00 &&
        scan.buffer[at + 5] === backslash &&
        scan.buffer[at + 6] === 0x75 &&
        isLow(hexUnit(scan, at + 7))
      if (!isPair) fail(scan, 'invalid-json', at - 1)
      return at + 11
    }
    default:
      return fail(scan, 'invalid-json', at)
  }
}

const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff

function hexUnit(scan: Scan, at: number): number {
  let unit = 0
  for (let i = at; i < at + 4; i++) {
    const byte = scan.buffer[i] ?? 0
    const letter = byte | 0x20
    if (byte >= zero && byte <= nine) unit = unit * 16 + byte - zero
    else if (letter >= 0x61 && letter <= 0x66) unit = unit * 16 + letter - 0x57
    else fail(scan, 'invalid-json', i)
  }
  return unit
}

function scanNumber(scan: Scan, from: number): void {
  const { buffer } = scan
  const first = buffer[from] === minus ? from + 1 : from
  let at = skipDigits(scan, first)
  if (buffer[first] === zero && at > first + 1) fail(scan, 'invalid-json', first + 1)
  let isPlain = at - first <= 15 && (first === from || buffer[first] !== zero)
  if (buffer[at] === dot) {
    isPlain = false
    at = skipDigits(scan, at + 1)
  }
  if ((buffer[at]! | 0x20) === 0x65) {
    isPlain = false
    const sign = buffer[at + 1]
    at = skipDigits(scan, sign === minus || sign === 0x2b ? at + 2 : at + 1)
  }
  scan.at = at
  if (!isPlain) compareNumber(scan, from)
}

/** At least one digit must be there. */
function skipDigits(scan: Scan, from: number): number {
  let at = from
  for (;;) {
    const byte = scan.buffer[at]
    if (byte === undefined || byte < zero || byte > nine) break
    at++
  }
  if (at === from) fail(scan, 'invalid-json', at)
  return at
}

/** ECMAScript prints numbers as RFC 8785 wants them, so text that prints back unchanged is canonical. */
function compareNumber(scan: Scan, from: number): void {
  const text = scan.buffer.toString('latin1', from, scan.at)
  const number = Number(text)
  // Infinity is not JSON, and a time limit of Infinity would never pass.
  if (!Number.isFinite(number)) fail(scan, 'invalid-json', from)
  if (String(number) === text) return
  if (scan.first === undefined) {
    scan.first = placeAt(scan, from)
    scan.numbers = new Map()
  }
  if (scan.numbers.size === maxNumbers) return
  const pointer = pointerTo(scan)
  if (pointer.length <= maxPointer) (scan.numbers as Map<string, string>).set(pointer, text)
}

/** JSON pointer (RFC 6901) to where the scan stands. */
function pointerTo(scan: Scan): string {
  let pointer = ''
  for (const step of steps(scan)) {
    // The caller drops long pointers; names of megabytes shall not be copied for each number.
    if (pointer.length > maxPointer) break
    pointer += `/${typeof step === 'number' ? step : step.replaceAll('~', '~0').replaceAll('/', '~1')}`
  }
  return pointer
}

function* steps(scan: Scan): Generator<string | number> {
  for (let depth = 0; depth < scan.depth; depth++) {
    const { isObject, count, spans } = scan.levels[depth]!
    if (count === 0) return
    yield isObject ? nameOf(scan, spans[2 * count - 2]!, spans[2 * count - 1]!) : count - 1
  }
}

function placeAt(scan: Scan, offset: number): JsonPlace {
  const { buffer } = scan
  const lineStart = offset === 0 ? 0 : buffer.lastIndexOf(0x0a, offset - 1) + 1
  let line = 1
  for (let at = buffer.indexOf(0x0a); at >= 0 && at < offset; at = buffer.indexOf(0x0a, at + 1)) line++
  let path = ''
  for (const step of steps(scan)) path += `/${typeof step === 'number' || /^[\w.@#$-]{1,64}$/.test(step) ? step : '*'}`
  return { offset, line, column: [...buffer.toString('utf8', lineStart, offset)].length + 1, path }
}

/** Decoding with replacement and encoding again first differs where the bytes are not UTF-8. */
function firstBadByte(buffer: Buffer): number {
  const repaired = Buffer.from(buffer.toString())
  let at = 0
  while (at < buffer.length && buffer[at] === repaired[at]) at++
  return at
}
