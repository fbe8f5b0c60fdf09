import type { Bilingual } from './issue.ts'

/** A language in which the gateway speaks. */
export type Language = keyof Bilingual

/** A range of RFC 4647 with its weight, as one part of Accept-Language. */
const range = /^\s*(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/

/**
 * Japanese unless English is preferred. What cannot be read counts as not said: nobody is refused for a language.
 * @param header Accept-Language as sent
 * @see RFC 9110 section 12.5.4, RFC 4647 section 3.4
 */
export function languageOf(header: string | undefined): Language {
  let japanese = -1
  let english = -1
  let other = -1
  for (const part of header?.slice(0, 1000).split(',') ?? []) {
    const [, tag, weight = '1'] = range.exec(part) ?? []
    const primary = tag?.toLowerCase().split('-')[0]
    const quality = Number(weight)
    if (primary === 'ja') japanese = Math.max(japanese, quality)
    if (primary === 'en') english = Math.max(english, quality)
    if (primary === '*') other = Math.max(other, quality)
  }
  if (japanese < 0) japanese = other
  if (english < 0) english = other
  return english > Math.max(japanese, 0) ? 'en' : 'ja'
}
