import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of trust anchors (contract §2): `roots.pem` is the operator's; our own public keys are written beside it. */
export function openTrustFolder(
  folder: string,
  own: { readonly jwks: object; readonly vkey: string }
): { roots: string } {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'gateway.jwks.json'), `${JSON.stringify(own.jwks, null, 2)}\n`)
  writeFileSync(join(folder, 'log.vkey'), `${own.vkey}\n`)
  const roots = join(folder, 'roots.pem')
  if (!existsSync(roots)) writeFileSync(roots, '')
  return { roots: readFileSync(roots, 'utf8') }
}
