import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** File name below `profiles/` → its whole text. */
export type Files = ReadonlyMap<string, string>

const root = new URL('../', import.meta.url)

function read(name: string): string | undefined {
  try {
    return readFileSync(new URL(name, root), 'utf8')
  } catch {
    return undefined
  }
}

/** Names of `.json` files in `folders` that no generator made this time. */
function leftOver(files: Files, folders: readonly string[]): readonly string[] {
  const present = folders.flatMap(folder => {
    mkdirSync(new URL(`${folder}/`, root), { recursive: true })
    return readdirSync(new URL(`${folder}/`, root)).map(name => `${folder}/${name}`)
  })
  return present.filter(name => name.endsWith('.json') && !files.has(name))
}

/**
 * Writes what was generated, or with `check` only compares: each difference is named and the process will exit 1.
 * @param files file name below `profiles/` → its whole text
 * @param owned folders below `profiles/` in which no other `.json` file may lie
 */
export function sync(files: Files, check: boolean, owned: readonly string[] = []): void {
  const different = [...files].filter(([name, text]) => read(name) !== text).map(([name]) => name)
  const superfluous = leftOver(files, owned)
  if (check) {
    for (const name of different) console.error(`profiles/${name} is not what its generator makes`)
    for (const name of superfluous) console.error(`profiles/${name} is made by no generator`)
    if (different.length + superfluous.length > 0) process.exitCode = 1
    return
  }
  for (const name of different) {
    const target = new URL(name, root)
    mkdirSync(dirname(target.pathname), { recursive: true })
    writeFileSync(target, files.get(name)!)
  }
  for (const name of superfluous) rmSync(new URL(name, root))
  console.log(`${files.size} files, ${different.length} written, ${superfluous.length} removed`)
}
