import { HomeKeys } from './home-keys.ts'
import { KeyFileError, notingProblems } from './key-file-error.ts'
import { MasterFile } from './master-file.ts'
import { readTlsFiles, type TlsFiles } from './tls-files.ts'

/**
 * Opens the gateway's keys and the master keys, and reads those for TLS; missing ones of its own are made, all that is wrong is told
 * at once.
 */
export function openKeys(home: string, masterKeyFile: string, now: () => number, tlsFiles?: TlsFiles) {
  const { problems, opened } = notingProblems()
  const keys = opened(() => new HomeKeys(home, now))
  const masters = opened(() => new MasterFile(masterKeyFile))
  const tls = tlsFiles && opened(() => readTlsFiles(tlsFiles))
  if (!keys || !masters || problems.length > 0) throw new KeyFileError(problems)
  return { keys, masters, tls, made: masters.isMade ? [...keys.made, masterKeyFile] : keys.made }
}
