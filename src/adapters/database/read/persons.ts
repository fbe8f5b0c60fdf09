import type { Kysely } from 'kysely'
import { as, type ClientId } from '../../../document/ids.ts'
import type { Account, PersonReads, StoredPasskey } from '../../../journeys/person/ports.ts'
import type { Working } from '../../../record/ports.ts'
import type { Schema } from '../schema.ts'
import { type Unseal, unsealJson } from './unseal.ts'

/** Asked for on every call of a person; nothing is kept here, so that what another gateway ended has ended. */
export function personReads(database: Kysely<Schema>, unseal: Unseal): PersonReads {
  const toPasskey = async (row: Working['passkey']): Promise<StoredPasskey> => ({
    ...(await unsealJson<Omit<StoredPasskey, 'id' | 'account' | 'counter' | 'at'>>(
      unseal,
      row.account,
      `passkey|${row.id}`,
      row.sealed
    )),
    id: row.id,
    account: as(row.account),
    counter: Number(row.counter),
    at: row.at
  })
  const toSession = (row: Working['session']) => ({ ...row, account: as<ClientId>(row.account) })

  return {
    async account(id) {
      const row = await database.selectFrom('account').selectAll().where('id', '=', id).executeTakeFirst()
      return row && { ...(await unsealJson<Omit<Account, 'id'>>(unseal, id, `account|${id}`, row.sealed)), id }
    },
    async passkeysOf(account) {
      const rows = await database
        .selectFrom('passkey')
        .selectAll()
        .where('account', '=', account)
        .orderBy('id')
        .execute()
      return Promise.all(rows.map(toPasskey))
    },
    async passkeyByCredential(credentialMac) {
      const row = await database
        .selectFrom('passkey')
        .selectAll()
        .where('credentialMac', '=', credentialMac)
        .executeTakeFirst()
      return row && toPasskey(row)
    },
    async session(id) {
      const row = await database.selectFrom('session').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toSession(row)
    },
    async sessionsOf(account) {
      const rows = await database
        .selectFrom('session')
        .selectAll()
        .where('account', '=', account)
        .orderBy('seenAt')
        .orderBy('id')
        .execute()
      return rows.map(toSession)
    },
    code: codeMac => database.selectFrom('accountCode').selectAll().where('codeMac', '=', codeMac).executeTakeFirst(),
    async openIdAccount(personMac) {
      const row = await database
        .selectFrom('openIdAccount')
        .select('account')
        .where('personMac', '=', personMac)
        .executeTakeFirst()
      return row && as<ClientId>(row.account)
    },
    attempts: key => database.selectFrom('attempt').selectAll().where('key', '=', key).executeTakeFirst(),
    notices: (organization, limit) =>
      database
        .selectFrom('notice')
        .selectAll()
        .where('organization', '=', organization)
        // of keys first: whoever can make many of the others must not bury one of these
        .orderBy(({ eb }) => eb.case().when('kind', '=', 'paper-consent').then(1).else(0).end())
        .orderBy('at', 'desc')
        .orderBy('id')
        .limit(limit)
        .execute()
  }
}
