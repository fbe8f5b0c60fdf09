import { readFileSync } from 'node:fs'
import { Party, type PartyFile } from '../parties/party.ts'

/**
 * One call as one of the sandbox's parties: `node test/sandbox/call.ts PARTY-FILE METHOD PATH [BODY-FILE]`. Asks for a token
 * with the party's key and prints the answer; ends with 1 where it was refused.
 */
const [file, method, path, body] = process.argv.slice(2)
if (file === undefined || method === undefined || !path?.startsWith('/')) {
  process.stderr.write('node test/sandbox/call.ts PARTY-FILE METHOD PATH [BODY-FILE]\n')
  process.exitCode = 2
} else {
  const party = new Party(JSON.parse(readFileSync(file, 'utf8')) as PartyFile)
  const answered = await party.call(method as 'GET', path, body === undefined ? {} : { body: readFileSync(body) })
  await party.close()
  process.stderr.write(`${answered.status}\n`)
  process.stdout.write(answered.body === undefined ? answered.text : `${JSON.stringify(answered.body, null, 2)}\n`)
  process.exitCode = answered.status < 400 ? 0 : 1
}
