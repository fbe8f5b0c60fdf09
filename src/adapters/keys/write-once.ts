import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { KeyFileError } from './key-file-error.ts'

/**
 * Makes a file that only its owner can read, whole or not at all, on the disk when this returns: what is sealed under a key
 * may not outlive it. Folders on the way are made.
 * @returns false where another process was faster; the file is then that one's
 */
export function writeOnce(file: string, text: string): boolean {
  const folder = dirname(file)
  const firstMade = mkdirSync(folder, { recursive: true, mode: 0o700 })
  const fresh = writeFresh(file, text)
  try {
    // unlike a rename, a link does not take the place of a file that is there
    linkSync(fresh, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    rmSync(fresh, { force: true })
  }
  syncFolders(folder, firstMade === undefined ? folder : dirname(firstMade))
  return true
}

/**
 * The same in the place of a file that is there: readers see the old one or the new one, also after a crash. One process at a time.
 * @throws KeyFileError
 */
export function replaceSecret(file: string, text: string): void {
  try {
    renameSync(writeFresh(file, text), file)
    removeLeftovers(file)
    syncFolders(dirname(file), dirname(file))
  } catch (error) {
    throw new KeyFileError([`${file}: cannot be written (${(error as NodeJS.ErrnoException).code})`])
  }
}

/** What a process that was killed while it wrote this file has left of it holds keys, too. */
function removeLeftovers(file: string): void {
  const folder = dirname(file)
  for (const name of readdirSync(folder))
    if (name.startsWith(`${basename(file)}.`) && name.endsWith('.new')) rmSync(join(folder, name))
}

/** Of a name that nobody else has: gateways in containers have one home, and often the same number as a process. */
function writeFresh(file: string, text: string): string {
  const fresh = `${file}.${randomBytes(8).toString('hex')}.new`
  const descriptor = openSync(fresh, 'wx', 0o600)
  try {
    // unlike writeSync it is never content with a part, as where the disk is almost full
    writeFileSync(descriptor, text)
    fsyncSync(descriptor)
  } catch (error) {
    rmSync(fresh)
    throw error
  } finally {
    closeSync(descriptor)
  }
  return fresh
}

/** A name is on the disk when its folder is: from the innermost folder out to the one that was there before. */
function syncFolders(from: string, to: string): void {
  for (let folder = from; ; folder = dirname(folder)) {
    const descriptor = openSync(folder, 'r')
    fsyncSync(descriptor)
    closeSync(descriptor)
    if (folder === to || folder === dirname(folder)) return
  }
}
