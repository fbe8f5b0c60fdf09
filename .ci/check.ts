import { spawnSync } from 'node:child_process'

/** Everything that can be said about the tree without running it; all are tried, so that one run tells all. */
const checks: readonly (readonly [string, string, ...string[]])[] = [
  ['types', 'node', 'node_modules/typescript-7/bin/tsc', '-p', '.'],
  ['format and lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['dead code', 'knip'],
  ['licences', 'node', '.ci/licences.ts'],
  ['tables of the README', 'node', '.ci/readme-tables.ts', '--check'],
  ['schemas of answers', 'node', 'profiles/answers.ts', '--check'],
  ['openapi types', 'openapi-typescript', 'openapi/gateway.yaml', '-o', 'openapi/gateway.d.ts', '--check'],
  ['forms', 'node', 'profiles/generate.ts', '--check'],
  ['R4 core', 'node', 'profiles/bake.ts', '--check'],
  ['profiles', 'node', 'profiles/compile.ts', '--check'],
  ['fixtures', 'node', 'fixtures/generate.ts', '--check']
]

const failed: string[] = []
for (const [name, command, ...rest] of checks) {
  const started = performance.now()
  const { status, stdout, stderr } = spawnSync(command, rest, { encoding: 'utf8' })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stdout.write(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`)
  if (status === 0) continue
  failed.push(name)
  process.stdout.write(`${stdout}${stderr}\n`)
}
if (failed.length > 0) process.stdout.write(`failed: ${failed.join(', ')}\n`)
process.exitCode = failed.length > 0 ? 1 : 0
