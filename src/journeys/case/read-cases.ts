import type { CaseSnapshot } from '../../document/case.ts'
import type { Asked } from '../context.ts'
import type { Parts } from '../parts.ts'
import type { Page } from '../ports.ts'

/** The cases that the caller's organisation takes part in, oldest first. */
export async function readCases(
  parts: Parts,
  { caller }: Asked,
  page: Page
): Promise<{ found: readonly CaseSnapshot[]; next: string | undefined }> {
  const ids = await parts.cases.ofOrganization(caller.organization, { ...page, limit: page.limit + 1 })
  const found = await Promise.all(ids.slice(0, page.limit).map(id => parts.cases.byId(id)))
  return {
    found: found.filter(snapshot => snapshot !== undefined),
    next: ids.length > page.limit ? ids[page.limit - 1] : undefined
  }
}
