import { readFileSync, writeFileSync } from 'node:fs'
import { settings } from '../src/config/settings.ts'

/** Writes the README's table of settings from their definition; `--check` only compares. */
const rows = Object.values(settings).map(
  setting =>
    `| \`${setting.variable}\` | ${setting.meaning} | ${'default' in setting && setting.default !== undefined ? `\`${setting.default}\`` : ''} |`
)
const table = ['| variable | meaning | default |', '| --- | --- | --- |', ...rows].join('\n')
const readme = readFileSync('README.md', 'utf8')
const fresh = readme.replace(/(<!-- settings -->\n)[\s\S]*?(\n<!-- \/settings -->)/u, `$1${table}$2`)
if (process.argv.includes('--check')) {
  if (fresh !== readme || !readme.includes(table)) {
    process.stderr.write('the table of settings in README.md is stale: npm run readme\n')
    process.exitCode = 1
  }
} else writeFileSync('README.md', fresh)
