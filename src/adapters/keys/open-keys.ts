import { HomeKeys } from './home-keys.ts'
import { KeyFileError } from './key-file-error.ts'
import { MasterFile } from './master-file.ts'

/** Opens the gateway's keys and the master keys; missing ones are made, all that is wrong is told at once. */
export function openKeys(home: string, masterKeyFile: string, now: () => number) {
  const problems: string[] = []
  const opened = <Value>(open: () => Value): Value | undefined => {
    try {
      return open()
    } catch (error) {
      if (!(error instanceof KeyFileError)) throw error
      problems.push(...error.problems)
      return undefined
    }
  }
  const keys = opened(() => new HomeKeys(home, now))
  const masters = opened(() => new MasterFile(masterKeyFile))
  if (!keys || !masters) throw new KeyFileError(problems)
  return { keys, masters, made: masters.isMade ? [...keys.made, masterKeyFile] : keys.made }
}
