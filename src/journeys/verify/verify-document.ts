import type { Bundle } from '@medplum/fhirtypes'
import { extensionUrl } from '../../document/canonical.ts'
import type { Instant } from '../../document/ids.ts'
import type { PathResult } from '../../document/signature-result.ts'
import type { Timestamp } from '../../document/timestamp.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { authorsOf, hasIdentifier } from '../../signature/authors.ts'
import type { RevocationCheck, SignatureTrust } from '../../signature/ports.ts'
import { revocationCheck } from '../../signature/revocation/check.ts'
import { evidenceSource, revocationDataIn } from '../../signature/revocation/evidence.ts'
import { signatureTypes } from '../../signature/signed-form.ts'
import { signatureValue } from '../../signature/timestamp/signature-value.ts'
import { verifyAuthorSignature } from '../../signature/verify.ts'
import { verifyGatewaySignature } from '../../signature/verify-gateway.ts'
import { toInstant } from '../../standards/fhir-time.ts'
import { canonicalize } from '../../standards/jcs.ts'
import type { JsonText } from '../../standards/json.ts'
import { pad } from '../../view/pad.ts'
import { checkTimestamp, provenBy } from './check-timestamp.ts'
import { checkTime } from './signing-time.ts'
import { Checks, refusalDetail, type Verification, type VerifyParts, type VerifyTrust } from './verification.ts'
import type { VerifyQuestion } from './verify-file.ts'

/** A document as a file: its bytes, and what `readJson` made of them. */
export interface DocumentFile {
  readonly bytes: Uint8Array
  readonly json: JsonText
}

/** Whether the Bundle says that a gateway signed it as a recipient's view. */
export function isDerived(bundle: object): boolean {
  return typeCodeOf(bundle) === signatureTypes.derived
}

/**
 * Verifies a document alone, without its receipt. A signature is over the canonical form, in which neither `id` and `meta` nor
 * white space and escapes stand; here they must be what they can be expected to be, so that no byte can differ unseen.
 * @param question.at a time at which the document is known to have been there
 * @param question.timestamp over its signature: what it proves does not change when certificates expire, or are revoked later
 * @param question.now where neither is given; without it the time of signing is only told
 */
export async function verifyDocument(
  { bytes, json }: DocumentFile,
  { trust, structure }: VerifyParts,
  { at, timestamp: file, now, revocation = [] }: Pick<VerifyQuestion, 'at' | 'timestamp' | 'now' | 'revocation'>
): Promise<Verification> {
  const checks = new Checks()
  const kind = isDerived(json.value as object) ? 'derived' : 'original'
  checkNumbers(json, checks)
  if (kind === 'derived') checkPadding(bytes, json.value, checks)
  else checkSpelling(bytes, json.value, checks)
  if (!checkStructure(structure.check(json.value, 'Bundle').length, checks)) return checks.verification(kind)
  const bundle = json.value as Bundle
  const isGateways = kind === 'derived' || typeCodeOf(bundle) === signatureTypes.attested
  if (!isGateways) checkUnsigned(bundle, checks)
  const timestamp = file && (await checkSignatureTimestamp(bundle, file, trust, at, checks))
  const known = timestamp ? [timestamp.time, provenBy(timestamp)] : [at ?? now].filter(time => time !== undefined)
  const signedAt = isGateways
    ? checkGateway(bundle, trust, checks)
    : await checkAuthor(bundle, atTimes(trust, known), checks, {
        provenAt: timestamp ? provenBy(timestamp) : at,
        revocation: revocationIn([...trust.revocation, ...revocation])
      })
  if (signedAt !== undefined) checkTime('signing-time', signedAt, timestamp ? provenBy(timestamp) : at, checks)
  return checks.verification(kind)
}

function typeCodeOf(bundle: object): unknown {
  return (bundle as { signature?: { type?: { code?: unknown }[] } }).signature?.type?.[0]?.code
}

function checkNumbers({ ambiguousNumber: place }: JsonText, checks: Checks): void {
  const where = place && `the number at line ${place.line}, column ${place.column} is not written as RFC 8785 writes it`
  checks.add('unambiguous', !place, where ?? 'UTF-8 JSON, no member twice, every number in its canonical form')
}

/**
 * An author may have written JSON in one line or indented. Other spellings of the same content exist and are deposited, too;
 * of those a signature cannot say whether they are the bytes that were recorded, but a receipt can.
 */
function checkSpelling(bytes: Uint8Array, value: unknown, checks: Checks): void {
  const text = Buffer.from(bytes).toString()
  const indent = /^\{\n( {1,8}|\t)/.exec(text)?.[1]
  const plain = JSON.stringify(value, null, indent)
  const ok = text === plain || text === `${plain}\n`
  checks.add(
    'spelling',
    ok,
    ok
      ? `the one spelling of this content ${indent === undefined ? 'in one line' : 'with this indent'}, which no byte can leave`
      : 'white space or escapes differ from plain JSON, and no signature covers them; only the receipt says whether these ' +
          'are the recorded bytes: ryoritsu verify RECEIPT --document FILE'
  )
}

/** What the gateway writes, and nothing else (contract §1, §6.5). */
function checkPadding(bytes: Uint8Array, value: unknown, checks: Checks): void {
  const ok = Buffer.from(bytes).equals(pad(JSON.stringify(value)))
  checks.add('spelling', ok, `${ok ? '' : 'not '}the JSON in one line with spaces up to a multiple of 4096 bytes`)
}

/** Who looks at a signature expects R4, as the stations do. */
function checkStructure(issues: number, checks: Checks): boolean {
  const detail = issues === 0 ? 'a FHIR R4 Bundle' : `not a FHIR R4 Bundle; ryoritsu validate names the places`
  return checks.add('structure', issues === 0, detail)
}

const meta = canonicalize({ profile: [extensionUrl('ryoritsu-document')] })

/** `Bundle.id` and `Bundle.meta` are outside the author's signature. */
function checkUnsigned(bundle: Bundle, checks: Checks): void {
  const ok = bundle.id === undefined && (bundle.meta === undefined || canonicalize(bundle.meta) === meta)
  checks.add(
    'unsigned-members',
    ok,
    ok
      ? 'no id, and meta names the profile and nothing else'
      : 'id or meta, which no author signs, hold more than the profile'
  )
}

function checkGateway(bundle: Bundle, { gatewayKeys }: VerifyTrust, checks: Checks): Instant | undefined {
  const name = 'gateway-signature'
  if (![...gatewayKeys.values()].some(({ purpose }) => purpose === 'document')) {
    checks.untrusted(name, 'gateway.jwks.json')
    return undefined
  }
  try {
    const { algorithm, kid, signedAt } = verifyGatewaySignature(bundle, gatewayKeys)
    checks.add(name, true, `${algorithm} by key ${kid} of the gateway at ${toInstant(signedAt)}`)
    return signedAt
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    checks.add(
      name,
      false,
      error.key === 'signer-unknown'
        ? 'signer-unknown: gateway.jwks.json has no key for documents of this kid'
        : refusalDetail(error)
    )
    return undefined
  }
}

async function checkAuthor(
  bundle: Bundle,
  trust: VerifyTrust,
  checks: Checks,
  known: { readonly provenAt: Instant | undefined; readonly revocation: RevocationCheck | undefined }
): Promise<Instant | undefined> {
  const name = 'author-signature'
  let missing: string | undefined
  const authors = authorsOf(bundle)
  const asked: SignatureTrust = {
    signingKey(kid) {
      if (trust.signers.length === 0) missing = 'signers.jwks.json'
      return trust.signers
        .filter(signer => signer.kid === kid)
        .filter(({ organization }) =>
          authors.some(author => author.kind === 'Organization' && hasIdentifier(author, organization))
        )
        .map(({ key, alg }) => ({ key, ...(alg !== undefined && { alg }) }))[0]
    },
    async certificates(x5c, signedAt) {
      if (trust.certificates) return trust.certificates(x5c, signedAt)
      missing = 'roots.pem'
      return { kind: 'untrusted', why: 'no anchors' }
    },
    ...(known.revocation && { revocation: known.revocation })
  }
  try {
    const found = await verifyAuthorSignature(bundle, asked, {
      verifiedAt: 0,
      receivedAt: undefined,
      provenAt: known.provenAt,
      organization: undefined
    })
    const by = found.assurance === 'certificate' ? 'certificate with SHA-256' : 'registered key'
    checks.add(name, true, `${found.algorithm} by ${by} ${found.key} at ${toInstant(found.signedAt)}`)
    if (found.path) tellPath(found.path, checks)
    return found.signedAt
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.key === 'certificate-revoked') checks.add('revocation', false, refusalDetail(error))
    else if (missing !== undefined) checks.untrusted(name, missing)
    else
      checks.add(
        name,
        false,
        error.key === 'signer-unknown'
          ? 'signer-unknown: signers.jwks.json has no key of this kid for an organisation that wrote the document'
          : refusalDetail(error)
      )
    return undefined
  }
}

/** What certificates say beyond the signature: neither makes it less than it is, but whoever relies on it wants to know. */
function tellPath(
  { revocation: { status, evidence }, isQualification, roles, policies }: PathResult,
  checks: Checks
): void {
  const by = evidence.map(({ kind, hash }) => `${kind} with SHA-256 ${hash}`).join(', ')
  const told = status === 'good' ? `not revoked: ${by}` : 'not known: nothing at hand speaks for that time'
  checks.add('revocation', true, told)
  const what = isQualification ? `${roles.join(', ')} by policy ${policies.join(', ')}` : 'the certificates prove none'
  checks.add('qualification', true, what)
}

/** @returns undefined where nothing tells of revocation: it is then not known, which only some anchors mind */
function revocationIn(files: readonly Uint8Array[]): RevocationCheck | undefined {
  const data = files.map(revocationDataIn).filter(found => found !== undefined)
  return data.length > 0 ? revocationCheck(evidenceSource(data)) : undefined
}

/** Of the signature itself (JAdES sigTst), so that it can be checked against nothing but the document. */
async function checkSignatureTimestamp(
  bundle: Bundle,
  file: Uint8Array,
  trust: VerifyTrust,
  at: Instant | undefined,
  checks: Checks
): Promise<Timestamp | undefined> {
  const over = signatureValue(bundle)
  if (over) return checkTimestamp({ file, over }, trust, at, checks)
  checks.add('timestamp', false, 'the document bears no signature that could be stamped')
  return undefined
}

/**
 * Certificates must hold at the time of signing that is claimed, and at those times at which the signature is known to have been
 * there: anybody who gets hold of the key of an expired certificate can claim to have signed before.
 */
function atTimes(trust: VerifyTrust, times: readonly Instant[]): VerifyTrust {
  const { certificates } = trust
  if (certificates === undefined) return trust
  return {
    ...trust,
    async certificates(x5c, signedAt) {
      let answer = await certificates(x5c, signedAt)
      for (const time of times) if (answer.kind === 'trusted') answer = await certificates(x5c, time)
      return answer
    }
  }
}
