import { join } from 'node:path'
import { readRevocation, readTrustFolder, type TrustRules } from '../adapters/keys/trust-folder.ts'
import { ConfigError } from '../config/config.ts'
import type { SignaturePolicy } from '../document/signature-policy.ts'
import type { VerifyTrust } from '../journeys/verify/verification.ts'
import { type Anchor, readAnchors, TrustFileError } from '../signature/anchors.ts'
import { certificateCheck } from '../signature/certificates.ts'
import { readSignaturePolicy } from '../signature/policy-file.ts'
import { authorityCheck } from '../signature/timestamp.ts'
import { readGatewayKeys, readRoots, readSignerKeys } from '../signature/trust.ts'
import { parseVkey } from '../standards/signed-note.ts'

/** @throws ConfigError where the file is there and holds something else */
export function timestampAnchors(folder: string, text: string): readonly Buffer[] {
  try {
    return readRoots(text, 'tsa-roots.pem')
  } catch (error) {
    throw new ConfigError([`${join(folder, 'tsa-roots.pem')}: ${(error as Error).message}`])
  }
}

/**
 * What `ryoritsu verify` believes: the files of this folder and nothing else.
 * @throws ConfigError for a file that is there and cannot be read as what it should be
 */
export function openTrust(folder: string): VerifyTrust {
  const files = readTrustFolder(folder)
  const read = <Value>(name: string, text: string | undefined, reader: (text: string) => Value): Value | undefined => {
    try {
      return text === undefined ? undefined : reader(text)
    } catch (error) {
      throw new ConfigError([`${join(folder, name)}: ${(error as Error).message}`])
    }
  }
  const { anchors } = readTrustRules(folder, files)
  const authorities = timestampAnchors(folder, files.timestampRoots ?? '')
  return {
    certificates: anchors.length > 0 ? certificateCheck(anchors) : undefined,
    authorities: authorities.length > 0 ? authorityCheck(authorities) : undefined,
    revocation: readRevocation(join(folder, 'revocation')),
    signers: read('signers.jwks.json', files.signers, readSignerKeys) ?? [],
    gatewayKeys: read('gateway.jwks.json', files.gatewayKeys, readGatewayKeys) ?? new Map(),
    logKeys: read('log.vkey', files.logKeys, readVkeys) ?? []
  }
}

/** CRLs and OCSP responses that came with a document, for `ryoritsu verify`; none where there is no such folder. */
export const openRevocation = (folder: string): readonly Uint8Array[] => readRevocation(folder)

/** @throws ConfigError with everything that is wrong with roots.pem, anchors.json and signature-policy.json */
export function readTrustRules(
  folder: string,
  files: TrustRules
): { readonly anchors: readonly Anchor[]; readonly signaturePolicy: SignaturePolicy } {
  const problems: string[] = []
  const read = <Value>(file: string, reader: () => Value): Value | undefined => {
    try {
      return reader()
    } catch (error) {
      const found = error instanceof TrustFileError ? error.problems : [(error as Error).message]
      problems.push(...found.map(problem => `${join(folder, file)}: ${problem}`))
      return undefined
    }
  }
  const roots = read('roots.pem', () => readRoots(files.roots ?? ''))
  const anchors = roots && read('anchors.json', () => readAnchors(roots, files.anchors))
  const signaturePolicy = read('signature-policy.json', () => readSignaturePolicy(files.signaturePolicy))
  if (!anchors || !signaturePolicy) throw new ConfigError(problems)
  return { anchors, signaturePolicy }
}

/** One key a line. */
const readVkeys = (text: string) => text.split(/\r?\n/u).filter(Boolean).map(parseVkey)
