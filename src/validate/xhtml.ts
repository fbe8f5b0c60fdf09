/**
 * Whether a narrative is what FHIR R4 lets it be: one well-formed `div` in the XHTML namespace that says something,
 * with formatting elements only (invariants txt-1 and txt-2). Two things are narrower here, since a narrative is shown
 * to people who trust us: an image stands in the text itself (`data:`) and never at an address, and links lead to the
 * web, to mail or within the page.
 * @see FHIR R4 narrative.html#xhtml
 */
export function isNarrative(text: string): boolean {
  const open: string[] = []
  let hasContent = false
  let at = 0
  while (at < text.length) {
    piece.lastIndex = at
    const found = piece.exec(text)
    if (!found) return false
    at = piece.lastIndex
    const { words, closing, opening, attributes = '', isEmpty } = found.groups as Groups
    if (words !== undefined) {
      if (open.length === 0) return false
      hasContent ||= isVisible(words)
    } else if (closing !== undefined) {
      if (open.pop() !== closing) return false
      if (open.length === 0) return hasContent && at === text.length
    } else if (opening === undefined) {
      // a comment
      if (open.length === 0) return false
    } else {
      if (!mayStand(opening, attributes, open.length === 0)) return false
      hasContent ||= opening === 'img'
      if (isEmpty === undefined) open.push(opening)
      else if (open.length === 0) return false
      if (open.length > maxDepth) return false
    }
  }
  return false
}

interface Groups {
  readonly words?: string
  readonly closing?: string
  readonly opening?: string
  readonly attributes?: string
  readonly isEmpty?: string
}

const maxDepth = 64

const piece =
  /(?<words>[^<>&]+|&(?:#\d{1,7}|#x[\da-fA-F]{1,6}|[A-Za-z][A-Za-z\d]{0,31});)|<\/(?<closing>[a-z][a-z\d]*)\s*>|<(?<opening>[a-z][a-z\d]*)(?<attributes>(?:\s+[A-Za-z][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?<isEmpty>\/)?>|<!--[^<>-]*(?:-[^<>-]+)*-->/y

const attribute = /([A-Za-z][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g

const elements = new Set(
  `p br div h1 h2 h3 h4 h5 h6 a span b em i strong small big tt dfn q var abbr acronym cite blockquote hr address bdo kbd
  sub sup ul ol li dl dt dd pre table caption colgroup col thead tr tfoot tbody th td code samp img`.split(/\s+/)
)

const attributeNames = new Set(
  `title class id lang xml:lang dir accesskey tabindex span width height align valign char charoff abbr axis headers scope
  rowspan colspan nowrap cite name hreflang type rel rev alt border summary frame rules cellspacing cellpadding
  space`.split(/\s+/)
)

const links = /^(?:https?:|mailto:|#)|^[^:]*$/i
const images = /^data:image\/(?:png|jpeg|gif);base64,/

function mayStand(element: string, attributes: string, isRoot: boolean): boolean {
  if (isRoot !== (element === 'div' && /\sxmlns\s*=/.test(attributes)) || !elements.has(element)) return false
  const seen = new Set<string>()
  for (const [, name = '', double, single] of attributes.matchAll(attribute)) {
    if (seen.has(name) || !mayHave(element, name, plainText(double ?? single ?? ''))) return false
    seen.add(name)
  }
  return true
}

function mayHave(element: string, name: string, value: string | undefined): boolean {
  if (value === undefined) return false
  if (name === 'xmlns') return value === 'http://www.w3.org/1999/xhtml'
  if (name === 'style') return !/url|import|expression|behaviou?r|binding|[\\<]/i.test(value)
  if (name === 'href') return element === 'a' && links.test(value.trim())
  if (name === 'src') return element === 'img' && images.test(value)
  return attributeNames.has(name)
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' }

/** The value as a browser reads it, or undefined where it holds what may be read in another way. */
function plainText(raw: string): string | undefined {
  let isPlain = true
  const text = raw.replace(/&(?:#(\d+)|#x([\da-f]+)|([a-z\d]+));|&/gi, (_, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16)
    if (code > 0x1f && code < 0xd800) return String.fromCharCode(code)
    const character = entities[name]
    isPlain &&= character !== undefined
    return character ?? ''
  })
  // A browser drops tabs and line ends inside a link before it looks at the scheme.
  return isPlain ? text.replaceAll(/[\t\n\r]/g, '') : undefined
}

/** Something other than space, however it is written. */
function isVisible(words: string): boolean {
  return words.replaceAll(/&nbsp;|&#(?:160|9|10|13|32);|&#x(?:a0|9|a|d|20);/gi, ' ').trim() !== ''
}
