import { Refusal } from '../../../outcome/refusal.ts'

const mostPerPage = 100
const usualPerPage = 50

/** One value of a query parameter. @throws Refusal `parameter-invalid` where it comes twice */
export function single(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name)
  if (values.length > 1) throw new Refusal('parameter-invalid', { at: [name] })
  return values[0]
}

/** `system|value` or `value` of a token parameter. */
export function token(query: URLSearchParams, name: string): { system: string | undefined; value: string } | undefined {
  const text = single(query, name)
  if (text === undefined) return undefined
  const bar = text.indexOf('|')
  if (bar === -1) return { system: undefined, value: text }
  return { system: text.slice(0, bar), value: text.slice(bar + 1) }
}

/** A token whose system, where it is given, must be this one. */
export function tokenOf(query: URLSearchParams, name: string, system: string): string | undefined {
  const found = token(query, name)
  if (found === undefined) return undefined
  if (found.system !== undefined && found.system !== system) throw new Refusal('parameter-invalid', { at: [name] })
  return found.value
}

/** `_count` and `after` of a page. */
export function pageOf(query: URLSearchParams): { after: string | undefined; limit: number } {
  const text = single(query, '_count')
  const limit = text === undefined ? usualPerPage : Number(text)
  if (!Number.isInteger(limit) || limit < 1) throw new Refusal('parameter-invalid', { at: ['_count'] })
  return { after: single(query, 'after'), limit: Math.min(limit, mostPerPage) }
}

/** `ge…`, `lt…` and the like of a date parameter as milliseconds, `[from, until)`. */
export function dateRange(
  query: URLSearchParams,
  name: string
): { from: number | undefined; until: number | undefined } {
  let from: number | undefined
  let until: number | undefined
  for (const text of query.getAll(name)) {
    const match = /^(ge|gt|le|lt|eq)?(\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}))?)$/u.exec(
      text
    )
    if (!match) throw new Refusal('parameter-invalid', { at: [name] })
    const [, prefix = 'eq', date] = match
    const isDay = date!.length === 10
    const start = Date.parse(isDay ? `${date}T00:00:00+09:00` : date!)
    const end = start + (isDay ? 86_400_000 : 1)
    if (Number.isNaN(start)) throw new Refusal('parameter-invalid', { at: [name] })
    if (prefix === 'ge' || prefix === 'eq') from = start
    if (prefix === 'gt') from = end
    if (prefix === 'lt') until = start
    if (prefix === 'le' || prefix === 'eq') until = end
  }
  return { from, until }
}
