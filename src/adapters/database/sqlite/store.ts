import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Kysely } from 'kysely'
import type { KeyWraps, RecordLog } from '../../../record/ports.ts'
import { migrate } from '../migrate.ts'
import { answerReads } from '../read/answers.ts'
import { auditReads, type OpenRecord } from '../read/audit.ts'
import { caseReads } from '../read/cases.ts'
import { consentReads } from '../read/consents.ts'
import { documentReads } from '../read/documents.ts'
import { expiryReads, revocationReads } from '../read/expiry.ts'
import { importReads } from '../read/imports.ts'
import { outboxReads } from '../read/outbox.ts'
import { partnerReads } from '../read/partners.ts'
import { personReads } from '../read/persons.ts'
import { proofReads } from '../read/proofs.ts'
import { revocationDataReads } from '../read/revocation.ts'
import type { Unseal } from '../read/unseal.ts'
import type { Schema } from '../schema.ts'
import { openSqlite, sqliteDialect } from './open.ts'
import { sqliteRecordLog } from './record-log.ts'
import { SqliteWriter } from './writer.ts'

/** The embedded store: one file, one writing connection, one for reading. */
export interface Store {
  readonly log: RecordLog & { readonly waiting: () => number }
  readonly wraps: KeyWraps
  /** @throws where the file cannot be read */
  ping(): Promise<void>
  reads(
    unseal: Unseal,
    open: OpenRecord
  ): Promise<{
    readonly cases: ReturnType<typeof caseReads>
    readonly documents: ReturnType<typeof documentReads>
    readonly consents: ReturnType<typeof consentReads>
    readonly partners: Awaited<ReturnType<typeof partnerReads>>
    readonly audit: ReturnType<typeof auditReads>
    readonly outbox: ReturnType<typeof outboxReads>
    readonly answers: ReturnType<typeof answerReads>
    readonly revocations: ReturnType<typeof revocationReads>
    readonly expiries: ReturnType<typeof expiryReads>
    readonly revocationData: ReturnType<typeof revocationDataReads>
    readonly imports: ReturnType<typeof importReads>
    readonly proofs: ReturnType<typeof proofReads>
    readonly persons: ReturnType<typeof personReads>
  }>
  close(): Promise<void>
}

/** @param connect opens one connection; a test may look in on it */
export async function openSqliteStore(file: string, connect = openSqlite): Promise<Store> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const reading = new Kysely<Schema>({ dialect: sqliteDialect(connect(file)) })
  await migrate(reading as unknown as Kysely<never>, 'sqlite')
  const log = sqliteRecordLog(new SqliteWriter(connect(file)))
  return {
    log,
    wraps: {
      keyWrap: id =>
        reading.selectFrom('keyWrap').select(['parent', 'wrapped']).where('id', '=', id).executeTakeFirst(),
      wrapsUnder: (parents, after, most) =>
        reading
          .selectFrom('keyWrap')
          .selectAll()
          .where('parent', 'in', parents)
          .where('id', '>', after)
          .orderBy('id')
          .limit(most)
          .execute(),
      async isUsed() {
        const { size } = await reading.selectFrom('logHead').select('size').executeTakeFirstOrThrow()
        return Number(size) > 0
      }
    },
    async ping() {
      await reading.selectFrom('logHead').select('size').executeTakeFirstOrThrow()
    },
    async reads(unseal, open) {
      return {
        cases: caseReads(reading, unseal),
        documents: documentReads(reading, unseal),
        consents: consentReads(reading, unseal),
        partners: await partnerReads(reading),
        audit: auditReads(reading, open),
        outbox: outboxReads(reading),
        answers: answerReads(reading),
        revocations: revocationReads(reading),
        expiries: expiryReads(reading),
        imports: importReads(reading, unseal),
        revocationData: revocationDataReads(reading),
        proofs: proofReads(reading, unseal),
        persons: personReads(reading, unseal)
      }
    },
    async close() {
      await log.close()
      await reading.destroy()
    }
  }
}
