import { RE2JS } from 're2js'

type Texts = readonly unknown[]

const only = (texts: Texts): string | undefined => (texts.length === 1 ? String(texts[0]) : undefined)

/** The single text of the input against a pattern; empty where there is none (FHIRPath 2.0, §5.6). */
const tested = (test: (pattern: RE2JS, text: string) => boolean) => ({
  fn: (texts: Texts, pattern: string) => {
    const text = only(texts)
    return text === undefined ? [] : [test(RE2JS.compile(pattern, RE2JS.DOTALL), text)]
  },
  arity: { 1: ['String' as const] }
})

/**
 * The functions of FHIRPath that take a regular expression, in linear time: the patterns of a stranger's form may not hold
 * up the process.
 */
export const patternFunctions = {
  matches: tested((pattern, text) => pattern.matcher(text).find()),
  matchesFull: tested((pattern, text) => pattern.matches(text)),
  replaceMatches: {
    fn: (texts: Texts, pattern: string, by: string) => {
      const text = only(texts)
      return text === undefined ? [] : [RE2JS.compile(pattern, RE2JS.DOTALL).matcher(text).replaceAll(by)]
    },
    arity: { 2: ['String' as const, 'String' as const] }
  }
}
