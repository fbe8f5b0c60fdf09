import type { WorkingTable } from '../../record/ports.ts'

/** The key of each working table: what an upsert finds the earlier row by. */
export const workingKeys = {
  keyWrap: ['id'],
  caseVersion: ['case'],
  once: ['scope', 'key'],
  receptionCode: ['case'],
  draft: ['case', 'kind'],
  outbox: ['id'],
  answer: ['key'],
  logHead: ['id'],
  import: ['id'],
  importRow: ['id'],
  stampDue: ['document'],
  logStamp: ['hour'],
  revocation: ['hash'],
  passkey: ['id'],
  session: ['id'],
  accountCode: ['codeMac'],
  openIdAccount: ['personMac'],
  attempt: ['key'],
  notice: ['id']
} as const satisfies Readonly<Record<WorkingTable, readonly string[]>> as Readonly<
  Record<WorkingTable, readonly string[]>
>
