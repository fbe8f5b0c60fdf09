import { Refusal } from '../../../outcome/refusal.ts'

const usual = 50
const most = 100

/** `after` and `limit` of a list (contract §10). @throws Refusal `parameter-invalid` */
export function pageOf(query: URLSearchParams): { after: string | undefined; limit: number } {
  const limit = Number(single(query, 'limit') ?? usual)
  if (!Number.isInteger(limit) || limit < 1) throw new Refusal('parameter-invalid', { at: ['limit'] })
  return { after: single(query, 'after'), limit: Math.min(limit, most) }
}

/** A parameter of the query. @throws Refusal `parameter-invalid` where it is there twice */
export function single(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name)
  if (values.length > 1) throw new Refusal('parameter-invalid', { at: [name] })
  return values[0]
}
