import { faultAt } from './xml-error.ts'

const maxAttributes = 32

/** Characters that XML 1.0 cannot hold (section 2.2); lone surrogates among them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
export const notXml = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/u

const declaration =
  /<\?xml[ \n\t]+version=(?:"1\.0"|'1\.0')(?:[ \n\t]+encoding=(?:"utf-8"|'utf-8'))?(?:[ \n\t]+standalone=(?:"(?:yes|no)"|'(?:yes|no)'))?[ \n\t]*\?>/iy

/**
 * One pass over the text before the parser sees it, for what the parser takes and two readers could read differently:
 * refuses DOCTYPE, CDATA, processing instructions, entities beyond the five, `<` in attributes and characters that are
 * not XML; line ends become LF, and white space in attributes becomes spaces, as XML 1.0 sections 2.11 and 3.3.3 say.
 * @param isDocument whether an XML declaration may come first
 * @throws XmlError `invalid-xml`
 */
export function scanXml(raw: string, isDocument: boolean): string {
  const text = raw.includes('\r') ? raw.replaceAll(/\r\n?/gu, '\n') : raw
  const fail = (cause: string, offset: number): never => {
    throw faultAt('invalid-xml', cause, text, offset)
  }
  if (text.startsWith('\ufeff')) fail('a byte order mark', 0)
  const illegal = text.search(notXml)
  if (illegal >= 0) fail('a character that XML cannot hold', illegal)
  const pieces: string[] = []
  let copied = 0
  let at = 0
  if (isDocument) {
    declaration.lastIndex = 0
    if (declaration.test(text)) at = declaration.lastIndex
  }

  const checkEntities = (from: number, to: number) => {
    const segment = text.slice(from, to)
    for (const { index, 0: found } of segment.matchAll(
      /&(?:(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)?/gu
    ))
      if (found === '&') fail('an entity that is not one of the five of XML', from + index)
  }
  const skipTag = (start: number): number => {
    let attributes = 0
    for (let position = start + 1; ; position++) {
      const character = text[position]
      if (character === undefined || character === '<') return fail('a tag that does not end', start)
      if (character === '>') return position + 1
      if (character !== '"' && character !== "'") continue
      const end = text.indexOf(character, position + 1)
      const value = text.slice(position + 1, end)
      if (end < 0 || value.includes('<')) fail('an attribute that does not end', position)
      if (++attributes > maxAttributes) fail('too many attributes', start)
      checkEntities(position + 1, end)
      if (/[\t\n]/u.test(value)) {
        pieces.push(text.slice(copied, position + 1), value.replaceAll(/[\t\n]/gu, ' '))
        copied = end
      }
      position = end
    }
  }

  for (;;) {
    const next = text.indexOf('<', at)
    checkEntities(at, next < 0 ? text.length : next)
    if (next < 0) break
    if (text.startsWith('<!--', next)) {
      const end = text.indexOf('--', next + 4)
      if (end < 0 || text[end + 2] !== '>') fail('a comment that does not end', next)
      at = end + 3
    } else if (text[next + 1] === '!') fail('a DOCTYPE or CDATA section', next)
    else if (text[next + 1] === '?') fail('a processing instruction', next)
    else at = skipTag(next)
  }
  pieces.push(text.slice(copied))
  return pieces.join('')
}
