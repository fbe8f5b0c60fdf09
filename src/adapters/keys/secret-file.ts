import { readFileSync, statSync } from 'node:fs'
import { KeyFileError } from './key-file-error.ts'

/** A file that only its owner may read, and what tells whether it was replaced since. */
export interface SecretFile {
  readonly text: string
  readonly stamp: string
}

/** @throws KeyFileError where others can read it, or where it is not there */
export function readSecretFile(file: string): SecretFile {
  try {
    const stamp = stampOf(file)
    return { text: readFileSync(file, 'utf8'), stamp }
  } catch (error) {
    if (error instanceof KeyFileError) throw error
    throw new KeyFileError([`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`])
  }
}

/** Whether this is still the file that was read: cheap enough to be asked each half second, and at need. */
export function isUnchanged(file: string, known: Pick<SecretFile, 'stamp'> | undefined): boolean {
  if (!known) return false
  try {
    return stampOf(file) === known.stamp
  } catch {
    return false
  }
}

function stampOf(file: string): string {
  const { mode, ino, mtimeNs, size } = statSync(file, { bigint: true })
  if ((mode & 0o077n) !== 0n) throw new KeyFileError([`${file}: others can read it; set its mode to 0600`])
  return `${ino} ${mtimeNs} ${size}`
}
