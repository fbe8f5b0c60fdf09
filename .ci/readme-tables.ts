import { readFileSync, writeFileSync } from 'node:fs'
import { settings } from '../src/config/settings.ts'
import { type ClientRole, roleOfClient } from '../src/document/role.ts'
import { type Open, type Row, whoMayCall } from '../src/journeys/access/who-may-call.ts'

/** Writes the tables of the README from what they are about: settings, who may call what. `--check` only compares. */
const tables = { settings: settingsTable(), access: accessTable() }
const readme = readFileSync('README.md', 'utf8')
let fresh = readme
const stale: string[] = []
for (const [name, table] of Object.entries(tables)) {
  const place = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(\\n<!-- /${name} -->)`, 'u')
  fresh = fresh.replace(place, (_, before: string, after: string) => `${before}${table}${after}`)
  if (!readme.includes(`<!-- ${name} -->\n${table}\n<!-- /${name} -->`)) stale.push(name)
}
if (!process.argv.includes('--check')) writeFileSync('README.md', fresh)
else if (stale.length > 0) {
  process.stderr.write(`stale in README.md: ${stale.join(', ')}; npm run readme\n`)
  process.exitCode = 1
}

function settingsTable(): string {
  const rows = Object.values(settings).map(setting => {
    const usual = 'default' in setting && setting.default !== undefined ? `\`${setting.default}\`` : ''
    return `| \`${setting.variable}\` | ${setting.meaning} | ${usual} |`
  })
  return ['| variable | meaning | default |', '| --- | --- | --- |', ...rows].join('\n')
}

function accessTable(): string {
  const roles = Object.keys(roleOfClient) as readonly ClientRole[]
  const known = Object.entries(whoMayCall).filter((entry): entry is [string, Row] => typeof entry[1] !== 'string')
  const openTo = (whom: Open) =>
    Object.entries(whoMayCall)
      .flatMap(([name, access]) => (access === whom ? `\`${name}\`` : []))
      .join(', ')
  const rows = known.map(([name, { scope, may, health }]) => {
    const cells = roles.map(role => may[role] ?? '–')
    return `| \`${name}\`${health ? ' ⚕' : ''} | ${scope ? `\`${scope}\`` : 'any token'} | ${cells.join(' | ')} |`
  })
  return [
    `| route | scope | ${roles.join(' | ')} |`,
    `| --- | --- |${' --- |'.repeat(roles.length)}`,
    ...rows,
    '',
    `Public, without a token: ${openTo('public')}.`,
    '',
    `In the browser session of a person, about that person alone: ${openTo('session')}.`
  ].join('\n')
}
