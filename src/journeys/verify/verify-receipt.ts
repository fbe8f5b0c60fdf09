import { createHash } from 'node:crypto'
import type { Instant } from '../../document/ids.ts'
import { leafEntry } from '../../record/seal-record.ts'
import type { GatewayKey } from '../../signature/trust.ts'
import { encodeBase64url } from '../../standards/base64url.ts'
import { algorithms, isKeyFor, type Jws, JwsError, parseCompact, verifySignature } from '../../standards/jws.ts'
import { leafHash, verifyInclusion } from '../../standards/merkle.ts'
import { type ReceiptClaims, readReceiptClaims } from './receipt-claims.ts'
import { checkTime } from './signing-time.ts'
import { Checks, type Verification, type VerifyParts } from './verification.ts'
import { openCheckpoint } from './verify-checkpoints.ts'

/**
 * Verifies a receipt (contract §6.3): signed by the gateway, and its leaf in a tree whose head the log signed. With the document,
 * that these are its bytes; where it holds an opening, that it opens the record behind the leaf.
 */
export function verifyReceipt(
  text: string,
  { trust }: Pick<VerifyParts, 'trust'>,
  { document, at }: { readonly document?: Uint8Array | undefined; readonly at?: Instant | undefined }
): Verification {
  const checks = new Checks()
  const jws = readJws(text)
  const claims = jws && readReceiptClaims(jws.payload)
  if (!jws || !claims) {
    checks.add('receipt', false, 'not a compact JWS with the claims of a receipt')
    return checks.verification('receipt')
  }
  checks.add('receipt', true, `compact JWS of ${claims.act} with the claims of a receipt`)
  checkSignature(jws, trust.gatewayKeys, checks)
  checkInclusion(claims, trust, checks)
  if (document) checkBytes(claims, document, checks)
  if (claims.opening) checkOpening(claims, claims.opening, checks)
  checkTime('recorded-time', Date.parse(claims.recorded), at, checks)
  return checks.verification('receipt')
}

function readJws(text: string): Jws | undefined {
  try {
    return parseCompact(text, { algorithms })
  } catch (error) {
    if (error instanceof JwsError) return undefined
    throw error
  }
}

function checkSignature(jws: Jws, keys: ReadonlyMap<string, GatewayKey>, checks: Checks): void {
  const name = 'receipt-signature'
  const { alg, kid, typ } = jws.header
  if (typ !== 'ryoritsu-receipt+jwt') {
    checks.add(name, false, 'typ is not ryoritsu-receipt+jwt')
    return
  }
  if (![...keys.values()].some(({ purpose }) => purpose === 'receipt')) {
    checks.untrusted(name, 'gateway.jwks.json')
    return
  }
  const known = kid === undefined ? undefined : keys.get(kid)
  if (known?.purpose !== 'receipt') {
    checks.add(name, false, 'gateway.jwks.json has no key for receipts of this kid')
    return
  }
  const ok =
    known.alg === alg && isKeyFor(alg, known.key) && verifySignature(alg, jws.signingInput, jws.signature, known.key)
  checks.add(name, ok, ok ? `${alg} by key ${kid} of the gateway` : 'the signature does not hold')
}

function checkInclusion(claims: ReceiptClaims, { logKeys }: VerifyParts['trust'], checks: Checks): void {
  const head = openCheckpoint('checkpoint', claims.checkpoint, logKeys, checks)
  const { leafHash, leafIndex, treeSize, inclusion, rootHash } = claims
  if (head) {
    const isSame = head.size === treeSize && Buffer.compare(head.root, rootHash) === 0
    checks.add('tree-head', isSame, `treeSize and rootHash are ${isSame ? '' : 'not '}those of the checkpoint`)
  }
  const ok = verifyInclusion(leafHash, leafIndex, treeSize, inclusion, rootHash)
  checks.add(
    'inclusion',
    ok,
    ok ? `leaf ${leafIndex} is in the tree of ${treeSize} leaves` : 'the proof does not lead from the leaf to rootHash'
  )
}

function checkBytes({ document: digest, bytes: size }: ReceiptClaims, document: Uint8Array, checks: Checks): void {
  const isSame = createHash('sha256').update(document).digest('base64url') === encodeBase64url(digest)
  const ok = isSame && document.byteLength === size
  checks.add('document', ok, `SHA-256 and length of the document are ${ok ? '' : 'not '}those of the receipt`)
}

function checkOpening(
  { leafHash: leaf, jti, recorded }: ReceiptClaims,
  { id, time, key, record }: NonNullable<ReceiptClaims['opening']>,
  checks: Checks
): void {
  const entry = leafEntry(id, time, key, record)
  const ok = id === jti && time === recorded && Buffer.compare(leafHash(Buffer.from(entry)), leaf) === 0
  checks.add('opening', ok, `key and record ${ok ? '' : 'do not '}give the leaf (HMAC-SHA-256, contract §11)`)
}
