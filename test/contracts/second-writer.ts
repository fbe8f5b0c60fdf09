import { openSqlite } from '../../src/adapters/database/sqlite/open.ts'
import { sqliteRecordLog } from '../../src/adapters/database/sqlite/record-log.ts'
import { SqliteWriter } from '../../src/adapters/database/sqlite/writer.ts'
import { preparedSet } from './sets.ts'

// Another process on the same file: appends so many sets, one commit each, and ends.
const [file, sets] = process.argv.slice(2) as [string, string]
const log = sqliteRecordLog(new SqliteWriter(openSqlite(file)))
for (let done = 0; done < Number(sets); done++) await log.commit(preparedSet())
await log.close()
