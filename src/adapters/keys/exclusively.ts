import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Exclusively } from '../../journeys/keys/ports.ts'

/**
 * One process at a time changes the keys of a home. The lock is SQLite's on an empty file beside them: the system lets go of it
 * when its holder ends, however that comes.
 */
export function exclusivelyIn(home: string): Exclusively {
  return async work => {
    mkdirSync(join(home, 'keys'), { recursive: true, mode: 0o700 })
    const lock = new DatabaseSync(join(home, 'keys', 'rotation.lock'), { timeout: 0 })
    try {
      try {
        lock.exec('begin exclusive')
      } catch {
        return 'busy'
      }
      await work()
      return 'done'
    } finally {
      lock.close()
    }
  }
}
