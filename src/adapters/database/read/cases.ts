import type { Kysely } from 'kysely'
import type { CaseKind, CasePerson, CaseSnapshot } from '../../../document/case.ts'
import type { CaseState } from '../../../document/case-state.ts'
import type { ConsentFacts } from '../../../document/consent.ts'
import { as, type CaseId, type OrganizationId } from '../../../document/ids.ts'
import type { Side } from '../../../document/role.ts'
import type { CaseReads, Draft } from '../../../journeys/ports.ts'
import type { Schema } from '../schema.ts'
import { type Unseal, unsealJson } from './unseal.ts'

const snapshotsKept = 20_000

/**
 * Cases from the database. Snapshots are kept by version: every change of a case raises it, so one small read tells
 * whether the kept one still holds.
 */
export function caseReads(database: Kysely<Schema>, unseal: Unseal): CaseReads {
  const kept = new Map<string, CaseSnapshot>()

  const versionOf = (column: 'id' | 'identifier', value: string) =>
    database
      .selectFrom('caseFile')
      .innerJoin('caseVersion', 'caseVersion.case', 'caseFile.id')
      .select(['caseFile.id', 'caseVersion.version'])
      .where(`caseFile.${column}`, '=', value)
      .executeTakeFirst()

  const snapshot = async (column: 'id' | 'identifier', value: string): Promise<CaseSnapshot | undefined> => {
    for (;;) {
      const found = await versionOf(column, value)
      if (!found) return undefined
      const known = kept.get(found.id)
      if (known?.version === found.version) return known
      const read = await readSnapshot(database, unseal, found.id, found.version)
      // several reads make a snapshot; a commit between them would make it one of no version
      const isWhole = (await versionOf('id', found.id))?.version === found.version
      if (!isWhole) continue
      kept.delete(found.id)
      kept.set(found.id, read)
      if (kept.size > snapshotsKept) kept.delete(kept.keys().next().value as string)
      return read
    }
  }

  return {
    byIdentifier: identifier => snapshot('identifier', identifier),
    byId: id => snapshot('id', id),
    async bySubject(organization, subject) {
      const row = await database
        .selectFrom('member')
        .select('case')
        .where('subject', '=', subject)
        .where('organization', '=', organization)
        .executeTakeFirst()
      return row && as<CaseId>(row.case)
    },
    async ofOrganization(organization, page) {
      let query = database.selectFrom('member').select('case').where('organization', '=', organization)
      if (page.after !== undefined) query = query.where('case', '>', page.after)
      const rows = await query.orderBy('case').limit(page.limit).execute()
      return rows.map(row => as<CaseId>(row.case))
    },
    async person(id) {
      const row = await database.selectFrom('caseFile').select('sealed').where('id', '=', id).executeTakeFirstOrThrow()
      return unsealJson<CasePerson>(unseal, id, `case|${id}`, row.sealed)
    },
    async invitation(codeMac) {
      const row = await database.selectFrom('invitation').selectAll().where('codeMac', '=', codeMac).executeTakeFirst()
      return row && { case: as<CaseId>(row.case), side: row.side as Side, expiresAt: row.expiresAt }
    },
    receptionCode: id => database.selectFrom('receptionCode').selectAll().where('case', '=', id).executeTakeFirst(),
    async draft(id, kind) {
      const row = await database
        .selectFrom('draft')
        .selectAll()
        .where('case', '=', id)
        .where('kind', '=', kind)
        .executeTakeFirst()
      if (!row) return undefined
      const body = await unsealJson<Omit<Draft, 'revision'>>(unseal, id, `draft|${id}|${kind}`, row.sealed)
      return { ...body, revision: row.revision }
    }
  }
}

async function readSnapshot(
  database: Kysely<Schema>,
  unseal: Unseal,
  id: string,
  version: number
): Promise<CaseSnapshot> {
  const file = await database.selectFrom('caseFile').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const members = await database.selectFrom('member').selectAll().where('case', '=', id).orderBy('at').execute()
  const event = await database
    .selectFrom('caseEvent')
    .select('state')
    .where('case', '=', id)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  const confirmations = await database.selectFrom('confirmation').select('credential').where('case', '=', id).execute()
  const consents = await database
    .selectFrom('consent')
    .selectAll()
    .where('case', '=', id)
    .orderBy('id')
    .orderBy('version')
    .execute()
  const newest = new Map(consents.map(row => [row.id, row]))
  const facts: ConsentFacts[] = []
  for (const row of newest.values()) {
    const body = await unsealJson<{ facts: ConsentFacts }>(unseal, id, `consent|${row.id}|${row.version}`, row.sealed)
    facts.push(body.facts)
  }
  return {
    id: as(id),
    identifier: file.identifier,
    kind: file.kind as CaseKind,
    version,
    state: event.state as CaseState,
    openedBy: as<OrganizationId>(file.openedBy),
    openedAt: file.at,
    members: members.map(row => ({
      organization: as<OrganizationId>(row.organization),
      side: row.side as Side,
      subject: row.subject,
      joinedAt: row.at
    })),
    isWorkerConfirmed: confirmations.length > 0,
    confirmedCredentials: confirmations.flatMap(({ credential }) => credential ?? []),
    consents: facts
  }
}
