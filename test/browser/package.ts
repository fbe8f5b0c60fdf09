import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

const version = '40.1.3'
const cache = join(import.meta.dirname, '../../node_modules/.cache', `lforms-${version}`)

/**
 * The browser bundle of LHC-Forms: fetched once, then kept. It is no dependency of ours: its installation brings 320 MB.
 * @returns the folder `dist` of the package
 */
export function lhcForms(): string {
  if (!existsSync(cache)) {
    mkdirSync(dirname(cache), { recursive: true })
    const folder = mkdtempSync(`${cache}-`)
    try {
      execFileSync('npm', ['pack', `lforms@${version}`, '--silent', '--pack-destination', folder], { timeout: 120_000 })
      const file = readdirSync(folder).find(name => name.endsWith('.tgz'))
      if (!file) throw new Error(`npm packed no lforms@${version}`)
      execFileSync('tar', ['-xzf', join(folder, file), '-C', folder])
      // whole or not at all: an interrupted run leaves nothing that looks complete
      renameSync(join(folder, 'package'), cache)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  return join(cache, 'dist')
}
