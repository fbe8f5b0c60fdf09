import type { KindCode } from '../document/kind.ts'
import type { Document } from '../document/stages.ts'
import type { Unit } from '../document/unit.ts'
import { Refusal } from '../outcome/refusal.ts'
import { decodeBase64url } from '../standards/base64url.ts'
import { instantMillis } from '../standards/fhir-time.ts'
import { canonicalize } from '../standards/jcs.ts'
import {
  type Claims,
  disclosureDigest,
  elementDisclosure,
  memberDisclosure,
  openClaims,
  readDisclosure,
  type SdJwt,
  SdJwtError
} from '../standards/sd-jwt.ts'
import { authorsOf } from './authors.ts'

/** `typ` of an author's SD-JWT over a document (contract §6.6). */
export const disclosableType = 'ryoritsu-document+sd-jwt'

/** What of a document goes into its SD-JWT. */
export interface Disclosable {
  readonly document: Document
  readonly kind: KindCode
  /** in form order; undefined: room for a repetition that is not there (`Form.slots`) */
  readonly slots: readonly (Unit | undefined)[]
  /** instant of signing */
  readonly when: string
}

/** Salts of 128 bits: a diagnosis could be guessed and a digest of it tried. */
const saltBytes = 16

/**
 * What an author signs beside the Bundle, so that parts of the document can be shown to hold without the rest: one slot for each unit
 * of the form, answered or not, behind salted digests. Nothing in clear identifies the original.
 * @param random cryptographically secure
 * @returns the payload, and its disclosures: identifier, case, then one for each unit in form order
 * @see contract §6.6; RFC 9901 section 4
 */
export function composeDisclosures(
  { slots, ...disclosable }: Disclosable,
  random: (size: number) => Uint8Array
): { readonly payload: Claims; readonly disclosures: readonly string[] } {
  const { document, ...clear } = claimsOf(disclosable)
  const members = Object.entries(hiddenOf(disclosable.document)).map(([name, value]) =>
    memberDisclosure(random(saltBytes), name, value)
  )
  const elements = slots.map(unit => unit && elementDisclosure(random(saltBytes), slotValue(unit)))
  const item = elements.map(element => ({ '...': element ? disclosureDigest(element) : decoy(random) }))
  return {
    // sorted, so that their order tells nothing (RFC 9901 section 4.2.4.1)
    payload: { ...clear, document: { ...document, _sd: members.map(disclosureDigest).toSorted() }, item },
    disclosures: [...members, ...elements.filter(element => element !== undefined)]
  }
}

/**
 * Holds an author's SD-JWT, with all of its disclosures, against the document that it is said to be over. Its signature is verified
 * elsewhere.
 * @throws Refusal `sd-jwt-mismatch`, at the part that differs
 */
export function requireDisclosures(sdJwt: SdJwt, disclosable: Disclosable): void {
  const claims = opened(sdJwt)
  const { document, ...clear } = claimsOf(disclosable)
  const { cnf: _, item: disclosed, ...others } = claims
  const whole = { ...clear, document: { ...document, ...hiddenOf(disclosable.document) } }
  for (const name of new Set([...Object.keys(others), ...Object.keys(whole)])) {
    if (!isSame(others[name], whole[name as keyof typeof whole])) throw mismatch(name)
  }
  const units = disclosable.slots.filter(slot => slot !== undefined)
  if (!Array.isArray(disclosed) || disclosed.length !== units.length) throw mismatch('item')
  const salts = sdJwt.disclosures.map(disclosure => readDisclosure(disclosure).salt)
  if (new Set(salts).size < salts.length || !salts.every(isLongEnough)) throw mismatch('_sd')
  const places = placesIn(sdJwt)
  if (places.length !== disclosable.slots.length) throw mismatch('item')
  disclosable.slots.forEach((unit, index) => {
    const disclosure = places[index]
    const isRight = unit
      ? disclosure !== undefined && isSame(readDisclosure(disclosure).value, slotValue(unit))
      : disclosure === undefined
    if (!isRight) throw mismatch(`item[${index}]`)
  })
}

/** What stands in clear, as it follows from the document. */
function claimsOf({ document, kind, when }: Omit<Disclosable, 'slots'>) {
  const { authorOrganization, authorName, composition, response, bundle } = document
  const organization = authorsOf(bundle).find(author => author.kind === 'Organization')?.names[0]
  return {
    iss: authorOrganization ? `${authorOrganization.system}|${authorOrganization.value}` : '',
    iat: Math.floor(instantMillis(when) / 1000),
    _sd_alg: 'sha-256',
    document: {
      kind,
      questionnaire: response.questionnaire ?? '',
      author: { name: authorName, ...(organization !== undefined && { organization }) },
      // the day where it was written
      date: (composition.date ?? '').slice(0, 10)
    }
  }
}

const hiddenOf = ({ identifier, case: of }: Document) => ({
  identifier: { system: identifier.system, value: identifier.value },
  case: of
})

const slotValue = ({ linkId, at, answers }: Unit) => ({
  linkId,
  ...(at.length > 0 && { at }),
  ...(answers.length > 0 && { answer: answers })
})

const decoy = (random: (size: number) => Uint8Array): string =>
  disclosureDigest(Buffer.from(random(32)).toString('base64url'))

function opened(sdJwt: SdJwt): Claims {
  try {
    return { ...openClaims(sdJwt), _sd_alg: 'sha-256' }
  } catch (cause) {
    if (cause instanceof SdJwtError) throw mismatch('sdJwt', cause)
    throw cause
  }
}

/** The disclosure in each place of `item`; undefined for a digest that nothing was handed in for. */
function placesIn({ jws, disclosures }: SdJwt): readonly (string | undefined)[] {
  const byDigest = new Map(disclosures.map(disclosure => [disclosureDigest(disclosure), disclosure]))
  const { item } = JSON.parse(Buffer.from(jws.payload).toString()) as { item: readonly { readonly '...'?: string }[] }
  return item.map(({ '...': digest }) => (digest === undefined ? undefined : byDigest.get(digest)))
}

const isSame = (one: unknown, other: unknown): boolean =>
  one !== undefined && other !== undefined && canonicalize(one) === canonicalize(other)

function isLongEnough(salt: string): boolean {
  try {
    return decodeBase64url(salt).length >= saltBytes
  } catch {
    return false
  }
}

const mismatch = (at: string, cause?: unknown): Refusal => new Refusal('sd-jwt-mismatch', { at: [at], cause })
