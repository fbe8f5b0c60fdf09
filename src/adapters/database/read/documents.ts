import type { Kysely } from 'kysely'
import { as } from '../../../document/ids.ts'
import type { KindCode } from '../../../document/kind.ts'
import type { PurposeCode } from '../../../document/role.ts'
import type { SignatureResult } from '../../../document/signature-result.ts'
import type { DocumentReads, StoredDocument, StoredView } from '../../../journeys/ports.ts'
import type { Evidence } from '../../../record/ports.ts'
import type { Schema } from '../schema.ts'
import { type Unseal, unsealJson } from './unseal.ts'

const documentColumns = ['id', 'case', 'kind', 'version', 'organization', 'party', 'size', 'at', 'replaces'] as const
const viewColumns = [
  'id',
  'document',
  'case',
  'kind',
  'party',
  'purpose',
  'organization',
  'releasedMac',
  'replaces',
  'size',
  'at'
] as const

export function documentReads(database: Kysely<Schema>, unseal: Unseal): DocumentReads {
  const replacedBy = async (id: string) => {
    const row = await database
      .selectFrom('document')
      .select('id')
      .where('replaces', '=', id)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row?.id
  }
  const toDocument = async (
    row: Pick<Evidence['document'], (typeof documentColumns)[number]>
  ): Promise<StoredDocument> => {
    const later = await replacedBy(row.id)
    return {
      id: as(row.id),
      case: as(row.case),
      kind: row.kind as KindCode,
      version: row.version,
      organization: as(row.organization),
      party: as(row.party),
      size: row.size,
      recordedAt: row.at,
      replaces: row.replaces === null ? undefined : as(row.replaces),
      replacedBy: later === undefined ? undefined : as(later)
    }
  }
  // the one that no other took the place of: clocks of gateways differ, and may be set back
  const newestOf = (document: string, party: string, purpose: string) =>
    database
      .selectFrom('view')
      .select(viewColumns)
      .where('document', '=', document)
      .where('party', '=', party)
      .where('purpose', '=', purpose)
      .where(({ exists, not, selectFrom }) =>
        not(
          exists(
            selectFrom('view as later')
              .select('later.id')
              .whereRef('later.document', '=', 'view.document')
              .whereRef('later.replaces', '=', 'view.id')
          )
        )
      )
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst()
  const toView = async (
    row: Pick<Evidence['view'], (typeof viewColumns)[number]>,
    newest: string
  ): Promise<StoredView> => {
    const original = await database
      .selectFrom('document')
      .select(['version', 'organization'])
      .where('id', '=', row.document)
      .executeTakeFirstOrThrow()
    return {
      id: as(row.id),
      document: as(row.document),
      case: as(row.case),
      kind: row.kind as KindCode,
      version: original.version,
      party: as(row.party),
      purpose: row.purpose as PurposeCode,
      organization: as(row.organization),
      author: as(original.organization),
      releasedMac: row.releasedMac,
      replaces: row.replaces === null ? undefined : as(row.replaces),
      size: row.size,
      recordedAt: row.at,
      isNewest: row.id === newest
    }
  }

  return {
    async document(id) {
      const row = await database.selectFrom('document').select(documentColumns).where('id', '=', id).executeTakeFirst()
      return row && toDocument(row)
    },
    async documentBytes(id) {
      const row = await database.selectFrom('document').select('sealed').where('id', '=', id).executeTakeFirstOrThrow()
      return unseal(id, `document|${id}`, row.sealed)
    },
    async verification(id) {
      const row = await database
        .selectFrom('document')
        .select('verification')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      return unsealJson<SignatureResult>(unseal, id, `verification|${id}`, row.verification)
    },
    async ofCase(id) {
      const rows = await database
        .selectFrom('document')
        .select(documentColumns)
        .where('case', '=', id)
        .orderBy('id')
        .execute()
      return Promise.all(rows.map(toDocument))
    },
    async view(id) {
      const row = await database.selectFrom('view').select(viewColumns).where('id', '=', id).executeTakeFirst()
      if (!row) return undefined
      const newest = await newestOf(row.document, row.party, row.purpose)
      return toView(row, newest!.id)
    },
    async viewBytes(id) {
      const row = await database.selectFrom('view').select('sealed').where('id', '=', id).executeTakeFirstOrThrow()
      return unseal(id, `view|${id}`, row.sealed)
    },
    async newestView(document, party, purpose) {
      const row = await newestOf(document, party, purpose)
      return row && toView(row, row.id)
    },
    async byIdentifierMac(mac) {
      const row = await database
        .selectFrom('once')
        .select('value')
        .where('scope', '=', 'document')
        .where('key', '=', mac)
        .executeTakeFirst()
      return row && as(row.value)
    },
    async bytesMac(id) {
      const row = await database
        .selectFrom('document')
        .select('bytesMac')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      return row.bytesMac
    },
    async statements(id) {
      const rows = await database
        .selectFrom('statement')
        .select(['slot', 'organization', 'assurance', 'at'])
        .where('document', '=', id)
        .orderBy('at')
        .execute()
      return rows.map(row => ({ ...row, organization: as(row.organization) }))
    },
    async findings(reader, filter, page) {
      let query = database.selectFrom('finding').selectAll().where('reader', '=', reader)
      if (filter.case !== undefined) query = query.where('case', '=', filter.case)
      if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind)
      if (page.after !== undefined) query = query.where('target', '>', page.after)
      const rows = await query.orderBy('target').limit(page.limit).execute()
      return rows.map(row => ({
        target: row.target,
        case: as(row.case),
        isView: row.isView === 1,
        kind: row.kind,
        day: row.day,
        at: row.at
      }))
    }
  }
}
