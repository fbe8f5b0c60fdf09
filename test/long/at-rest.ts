import { createHash, createHmac, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { AuditEvent } from '@medplum/fhirtypes'
import type { Identifier } from '../../src/document/ids.ts'
import { derive, Keyring } from '../../src/record/keyring.ts'
import { readSecrets } from '../../src/record/open-keyring.ts'
import type { Evidence } from '../../src/record/ports.ts'
import { leafEntry, recordKey } from '../../src/record/seal-record.ts'
import { decodeBase64url, encodeBase64url } from '../../src/standards/base64url.ts'
import { toInstant } from '../../src/standards/fhir-time.ts'

type Row = Record<string, unknown>

/** An audit record as the file holds it, opened. */
export interface OpenedRecord {
  readonly id: string
  readonly act: string
  readonly document: string | null
  readonly event: AuditEvent
  /** whether the published leaf is the one that this record makes */
  readonly isLeafOfIt: boolean
}

/** The database of a gateway, looked at from outside with the master key of its home; nothing is written. */
export class AtRest {
  readonly #database: DatabaseSync
  readonly #keyring: Keyring

  private constructor(database: DatabaseSync, keyring: Keyring) {
    this.#database = database
    this.#keyring = keyring
  }

  /** @param masterKeys as their file holds them: one a line, the first wraps; by default those of the home */
  static async open(
    home: string,
    masterKeys = readFileSync(join(home, 'keys', 'master.key'), 'utf8')
  ): Promise<AtRest> {
    const database = new DatabaseSync(join(home, 'gateway.db'), { readOnly: true, timeout: 10_000 })
    const wrapOf = database.prepare('select "parent", "wrapped" from "keyWrap" where "id" = ?')
    const masters = masterKeys
      .split('\n')
      .filter(Boolean)
      .map(line => decodeBase64url(line.split(' ')[0]!))
      .map(key => ({ key, name: encodeBase64url(derive(key, 'name').subarray(0, 12)) }))
    const common = {
      masters: { all: () => masters, lookAgain: () => false },
      wraps: {
        keyWrap: async (id: string) =>
          wrapOf.get(id) as { readonly parent: string; readonly wrapped: Uint8Array } | undefined
      },
      random: randomBytes
    }
    return new AtRest(database, new Keyring({ ...common, secrets: await readSecrets(common) }))
  }

  rows(text: string, ...parameters: readonly SQLInputValue[]): Row[] {
    return this.#database.prepare(text).all(...parameters) as Row[]
  }

  /** SHA-256 (hex) of what a document or view opens to; undefined where there is none. */
  async contentHash(table: 'document' | 'view', id: string): Promise<string | undefined> {
    const [row] = this.rows(`select "sealed" from "${table}" where "id" = ?`, id)
    if (!row) return undefined
    const plain = this.#keyring.open(await this.#keyring.key(id), `${table}|${id}`, row.sealed as Uint8Array)
    return sha256(plain).toString('hex')
  }

  /** What the index keeps of the bytes of a document. */
  bytesMacOf(hash: string): string {
    return this.#keyring.mac('bytes', Buffer.from(hash, 'hex').toString('base64url'))
  }

  /** The ids of documents that an organisation deposited under this identifier; more than one is a fault. */
  documentsOf(organization: string, { system, value }: Identifier): readonly string[] {
    const mac = this.#keyring.mac('document', organization.split('/').at(-1)!, system, value)
    return this.rows('select "id" from "document" where "identifierMac" = ?', mac).map(row => String(row.id))
  }

  /** What the record of a disclosure says about the bytes (design §6). */
  async recordDigest(id: string, bytes: Uint8Array): Promise<string> {
    const key = await this.#keyring.key(id)
    return createHmac('sha256', derive(key, 'digest')).update(sha256(bytes)).digest('base64url')
  }

  async records(): Promise<readonly OpenedRecord[]> {
    const rows = this.rows('select * from "audit" order by "leaf"') as unknown as Evidence['audit'][]
    const opened: OpenedRecord[] = []
    for (const row of rows) {
      const owner = row.document ?? row.case
      const key = recordKey(owner === null ? this.#keyring.logKey : await this.#keyring.key(owner), row.id)
      const event = this.#keyring.open(key, `audit|${row.id}`, row.sealed)
      opened.push({
        id: row.id,
        act: row.act,
        document: row.document,
        event: JSON.parse(Buffer.from(event).toString()) as AuditEvent,
        isLeafOfIt: row.entry === leafEntry(row.id, toInstant(row.at), key, event)
      })
    }
    return opened
  }

  close(): void {
    this.#database.close()
  }
}

/** The X-Request-Id that a record names. */
export function requestOf({ event }: OpenedRecord): string | undefined {
  const entities = event.entity ?? []
  const named = entities.find(({ type }) => type?.code === 'XrequestId')?.what?.identifier?.value
  return named ?? entities.flatMap(({ detail = [] }) => detail).find(({ type }) => type === 'x-request-id')?.valueString
}

export const detailOf = ({ event }: OpenedRecord, type: string): string | undefined =>
  event.entity?.flatMap(({ detail = [] }) => detail).find(detail => detail.type === type)?.valueString

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
