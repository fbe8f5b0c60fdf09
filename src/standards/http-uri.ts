/** Characters of RFC 3986 alone; what the URL parser would repair (spaces, backslashes, other letters) is no URI. */
const form = /^https?:\/\/[A-Za-z0-9.:[\]-]+(?:\/(?:[A-Za-z0-9._~:/@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?$/i
const unreserved = /[A-Za-z0-9._~-]/

/**
 * The one spelling of an http or https URI, without query and fragment: scheme and host in lower case, no default port, no dot
 * segments, no empty path, nothing escaped that need not be.
 * @returns undefined for what is no such URI; one with user information is none
 * @see RFC 3986 section 6.2.2, RFC 9110 section 4.2
 */
export function normalHttpUri(text: string): string | undefined {
  // what is cut off is not looked at: queries come with characters that are none of a URI (`|` in FHIR)
  const uri = /^[^?#]*/.exec(text)![0]
  if (!form.test(uri) || !URL.canParse(uri)) return undefined
  const { origin, pathname } = new URL(uri)
  return `${origin}${pathname.replaceAll(/%[0-9A-Fa-f]{2}/g, shortest)}`
}

function shortest(escaped: string): string {
  const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
  return unreserved.test(character) ? character : escaped.toUpperCase()
}
