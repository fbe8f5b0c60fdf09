import { isUtf8 } from 'node:buffer'
import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { CsvError, parse } from 'csv-parse'

export type CsvFault = 'not-utf-8' | 'quote' | 'too-many-records'

/** A text that is no CSV as a whole; the message never quotes it. */
export class CsvTextError extends Error {
  readonly fault: CsvFault
  /** of the text, from 1; of the record where there are too many */
  readonly line: number

  constructor(fault: CsvFault, line: number) {
    super(`${fault} at line ${line}`)
    this.name = 'CsvTextError'
    this.fault = fault
    this.line = line
  }
}

/** Characters between two turns of the event loop. */
const sliceSize = 32_768

/** Named, since what is found out from the first line would not hold for a file of several hands. */
const options = { relax_column_count: true, record_delimiter: ['\r\n', '\n', '\r'] }

/**
 * The records of a CSV text as their fields, the header among them, in order and none left out: record n is what a
 * spreadsheet shows as row n. UTF-8; one byte order mark at the very beginning, which Excel writes, is no part of it. Commas, `"`
 * doubled inside quotes, lines that end in CR LF, LF or CR. Nothing is trimmed, cast or taken for a formula. The event loop gets
 * its turn between slices, so that a large file holds up nobody.
 * @param limits `records`: more than these are refused as soon as they are seen
 * @throws CsvTextError
 * @see RFC 4180
 */
export async function readCsv(
  bytes: Uint8Array,
  limits: { readonly records: number }
): Promise<readonly (readonly string[])[]> {
  if (!isUtf8(bytes)) throw new CsvTextError('not-utf-8', lineNotUtf8(bytes))
  const text = new TextDecoder('utf-8').decode(bytes)
  const records: string[][] = []
  const parser = Readable.from(slices(text)).pipe(parse(options))
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      if (records.length === limits.records) throw new CsvTextError('too-many-records', limits.records + 1)
      records.push(record)
    }
  } catch (error) {
    if (error instanceof CsvError) throw new CsvTextError('quote', Number(error.lines ?? 1))
    throw error
  }
  return records
}

async function* slices(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += sliceSize) {
    yield text.slice(at, at + sliceSize)
    await nextTurn()
  }
}

/** No byte of a longer UTF-8 sequence is a line feed, so lines can be judged one by one. */
function lineNotUtf8(bytes: Uint8Array): number {
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const found = bytes.indexOf(0x0a, start)
    const end = found === -1 ? bytes.length : found + 1
    if (!isUtf8(bytes.subarray(start, end))) return line
    start = end
  }
  return line
}
