import type { AtRest, OpenedRecord } from './at-rest.ts'

/**
 * What a document or derived document consists of in the tables: all of it is there, or nothing. Each query finds what is
 * there in halves.
 */
const halves: Readonly<Record<string, string>> = {
  'a document without its key': `select "id" from "document" d
    where not exists (select 1 from "keyWrap" w where w."id" = d."id" and w."parent" = d."case")`,
  'a document whose identifier is not taken': `select "id" from "document" d
    where not exists (select 1 from "once" o where o."scope" = 'document' and o."key" = d."identifierMac" and o."value" = d."id")`,
  'an identifier with two documents': `select "identifierMac" as "id" from "document" group by 1 having count(*) > 1`,
  'a document that author and worker do not both find': `select "id" from "document" d where 2 <>
    (select count(*) from "finding" f where f."target" = d."id" and f."isView" = 0 and f."case" = d."case" and f."kind" = d."kind")
    or not exists (select 1 from "finding" f where f."target" = d."id" and f."reader" = d."party")`,
  'a document without its one record of deposit': `select "id" from "document" d where 1 <>
    (select count(*) from "audit" a where a."document" = d."id" and a."act" = 'document-deposit' and a."case" = d."case")`,
  'a document without its one record of decision': `select "id" from "document" d where 1 <>
    (select count(*) from "audit" a join "audit" b on b."leaf" = a."leaf" + 1 and b."tree" = a."tree"
     where a."document" = d."id" and a."act" = 'document-deposit' and b."document" = d."id" and b."act" = 'decide')`,
  'a document that nobody will deliver': `select "id" from "document" d where 1 <>
    (select count(*) from "outbox" o where o."document" = d."id" and o."case" = d."case")`,
  'a view without its key': `select "id" from "view" v
    where not exists (select 1 from "keyWrap" w where w."id" = v."id" and w."parent" = v."case")`,
  'a view whose name is not taken': `select "id" from "view" v
    where not exists (select 1 from "once" o where o."scope" = 'view' and o."value" = v."id")`,
  'a view that its recipient does not find': `select "id" from "view" v where 1 <>
    (select count(*) from "finding" f where f."target" = v."id" and f."isView" = 1 and f."reader" = v."party" || '/' || v."purpose")`,
  'a view of no document': `select "id" from "view" v where not exists (select 1 from "document" d where d."id" = v."document")`,
  'two views for one recipient': `select min("id") as "id" from "view" group by "document", "party", "purpose" having count(*) > 1`,
  'a view that no delivery names': `select "id" from "view" v where not exists (select 1 from "outbox" o where o."target" = v."id")`,
  'a key of nothing': `select "id" from "keyWrap" w where w."id" not like 'secret/%' and w."parent" <> 'closed' and w."id" not in
    (select "id" from "document" union all select "id" from "view" union all select "id" from "caseFile")`,
  'an identifier taken by no document': `select "value" as "id" from "once" o where o."scope" = 'document'
    and not exists (select 1 from "document" d where d."id" = o."value")`,
  'a name taken by no view': `select "value" as "id" from "once" o where o."scope" = 'view'
    and not exists (select 1 from "view" v where v."id" = o."value")`,
  'a finding of nothing': `select "target" as "id" from "finding" f where f."target" not in
    (select "id" from "document" where f."isView" = 0 union all select "id" from "view" where f."isView" = 1)`,
  'a record about nothing': `select "id" from "audit" a where a."document" is not null
    and a."document" not in (select "id" from "document" union all select "id" from "view")`,
  'a delivery of no document': `select "id" from "outbox" o where o."topic" <> 'turning-point'
    and not exists (select 1 from "document" d where d."id" = o."document")`,
  'a delivery in a state that it cannot be in': `select "id" from "outbox" o where o."topic" <> 'turning-point' and not
    ((o."state" = 'building' and o."target" = '') or (o."state" in ('waiting', 'notified', 'accepted', 'retrieved')
     and exists (select 1 from "view" v where v."id" = o."target" and v."document" = o."document" and v."party" = o."party")))`,
  'a moment of no case': `select "id" from "outbox" o where o."topic" = 'turning-point'
    and (o."state" <> 'turning' or not exists (select 1 from "caseFile" c where c."id" = o."case"))`,
  'a case whose version is not that of its last event': `select "case" as "id" from "caseVersion" c where c."version" <
    (select max("version") from "caseEvent" e where e."case" = c."case")`,
  'a record that belongs to nobody': `select "id" from "audit" a
    where not exists (select 1 from "auditParty" p where p."leaf" = a."leaf")`,
  'a party to no record': `select "leaf" as "id" from "auditParty" p
    where not exists (select 1 from "audit" a where a."leaf" = p."leaf")`
}

/** Everything in the database that is there in halves, as sentences; none where all is well. */
export async function halvesIn(file: AtRest, records: readonly OpenedRecord[]): Promise<readonly string[]> {
  const found = Object.entries(halves).flatMap(([sentence, text]) =>
    file.rows(text).map(row => `${sentence}: ${row.id}`)
  )
  for (const row of file.rows('pragma integrity_check')) {
    if (row.integrity_check !== 'ok') found.push(`the file itself: ${row.integrity_check}`)
  }
  for (const { id, bytesMac } of file.rows('select "id", "bytesMac" from "document"')) {
    const hash = await file.contentHash('document', String(id))
    if (hash === undefined || file.bytesMacOf(hash) !== bytesMac) found.push(`a document of other bytes: ${id}`)
  }
  const decided = new Set(records.filter(({ act }) => act === 'decide').flatMap(referencesOf))
  for (const { id } of file.rows('select "id" from "view"')) {
    if ((await file.contentHash('view', String(id))) === undefined) found.push(`a view without bytes: ${id}`)
    if (!decided.has(`DocumentReference/${id}`)) found.push(`a view without its record of decision: ${id}`)
  }
  for (const { id, isLeafOfIt } of records) if (!isLeafOfIt) found.push(`a leaf that is not its record’s: ${id}`)
  return found
}

const referencesOf = ({ event }: OpenedRecord): string[] =>
  (event.entity ?? []).flatMap(({ detail = [] }) =>
    detail.filter(({ type }) => type === 'document').map(({ valueString }) => valueString!)
  )
