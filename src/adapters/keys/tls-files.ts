import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { KeyFileError, notingProblems } from './key-file-error.ts'
import { readSecretFile } from './secret-file.ts'

export interface TlsFiles {
  readonly keyFile: string
  readonly certFile: string
  /** authorities of the certificates that clients show */
  readonly clientCaFile: string | undefined
}

/** What a server for HTTPS is made of, PEM. */
export interface TlsMaterial {
  readonly key: string
  /** leaf first */
  readonly cert: string
  readonly clientCa: readonly string[] | undefined
}

/**
 * Reads the server's key and certificate and the authorities of its clients.
 * @throws KeyFileError with all that is wrong with them: not there, readable by others (the key), not what it should be, not of
 *   one another
 */
export function readTlsFiles({ keyFile, certFile, clientCaFile }: TlsFiles): TlsMaterial {
  const { problems, opened } = notingProblems()
  const key = opened(() => parsed(keyFile, readSecretFile(keyFile).text, 'private key', createPrivateKey))
  const cert = opened(() => parsed(certFile, textOf(certFile), 'certificate', text => new X509Certificate(text)))
  if (key && cert && !cert.value.checkPrivateKey(key.value))
    problems.push(`${certFile}: is not the certificate of the key`)
  const clientCa =
    clientCaFile === undefined
      ? undefined
      : opened(() => parsed(clientCaFile, textOf(clientCaFile), 'certificate', readCertificates))
  if (problems.length > 0 || !key || !cert) throw new KeyFileError(problems)
  return { key: key.text, cert: cert.text, clientCa: clientCa?.value }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new KeyFileError([`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`])
  }
}

/** What is in the file is a secret also where it is not what it should be. */
function parsed<Value>(file: string, text: string, what: string, parse: (text: string) => Value) {
  try {
    return { text, value: parse(text) }
  } catch {
    throw new KeyFileError([`${file}: holds no ${what} as PEM`])
  }
}

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** @throws where there is none, or one that is none */
function readCertificates(text: string): readonly string[] {
  const found = text.match(block) ?? []
  if (found.length === 0) throw new TypeError('no certificate')
  // reading one is asking whether it is one
  return found.filter(pem => new X509Certificate(pem))
}
