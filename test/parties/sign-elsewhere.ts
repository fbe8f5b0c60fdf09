import { createHash, type KeyObject, sign } from 'node:crypto'
import type { Bundle, Identifier, Parameters, ParametersParameter } from '@medplum/fhirtypes'
import canonicalize from 'canonicalize'

/**
 * Signs documents with a key that the gateway never sees, as a client library for a card, a token or a remote signer would. It
 * shares no code with the gateway: what it signs it has worked out from its own document.
 */
export interface Signature {
  readonly alg: 'RS256' | 'ES256' | 'EdDSA'
  readonly key: KeyObject
  /** exactly one of the two; `certificates`: DER, leaf first */
  readonly kid?: string
  readonly certificates?: readonly Uint8Array[]
  readonly when: string
  readonly who: Identifier
}

export function prepareParameters(document: Bundle, signer: Omit<Signature, 'key'>): Parameters {
  const { alg, kid, certificates = [], when, who } = signer
  const parameter: ParametersParameter[] = [
    { name: 'document', resource: document },
    { name: 'alg', valueCode: alg },
    ...(kid === undefined ? [] : [{ name: 'kid', valueString: kid }]),
    ...certificates.map(der => ({ name: 'certificate', valueBase64Binary: Buffer.from(der).toString('base64') })),
    { name: 'when', valueInstant: when },
    { name: 'who', valueIdentifier: who }
  ]
  return { resourceType: 'Parameters', parameter }
}

export const completeParameters = (document: Bundle, bundleJws: string): Parameters => ({
  resourceType: 'Parameters',
  parameter: [
    { name: 'document', resource: document },
    { name: 'bundleJws', valueString: bundleJws }
  ]
})

/**
 * Signs what the gateway prepared, if and only if that is this very document, said to be signed by this signer, then.
 * @returns detached compact JWS
 * @throws TypeError for anything else
 */
export function signPrepared(document: Bundle, signature: Signature, prepared: Parameters): string {
  const input = Buffer.from(named(prepared, 'bundleSigningInput').valueBase64Binary!, 'base64').toString('latin1')
  const [header = '', payload = '', ...rest] = input.split('.')
  if (rest.length > 0 || payload !== base64url(signedForm(document))) throw new TypeError('not my document')
  const said = JSON.parse(Buffer.from(header, 'base64url').toString())
  const { alg, kid, certificates, when } = signature
  const x5c = certificates?.map(der => Buffer.from(der).toString('base64'))
  const mine = { alg, kid, x5c, sigT: when, canon, srCms: [{ commId: { id: authorCommitment } }] }
  for (const [name, value] of Object.entries(mine)) {
    if (canonicalize(said[name] ?? null) !== canonicalize(value ?? null)) throw new TypeError(`not my ${name}`)
  }
  return signInput(signature, input)
}

/** Does without `$prepare-signature`: the header is this client's own. */
export function signAlone(document: Bundle, signature: Signature): string {
  const { alg, kid, certificates, when } = signature
  const x5c = certificates?.map(der => Buffer.from(der).toString('base64'))
  const header = { alg, ...(x5c ? { x5c } : { kid }), typ: 'JOSE', sigT: when, canon }
  const input = JSON.stringify({ ...header, srCms: [{ commId: { id: authorCommitment } }] })
  return signInput(signature, `${base64url(input)}.${base64url(signedForm(document))}`)
}

const canon = 'http://hl7.org/fhir/canonicalization/json#document'
const authorCommitment = 'urn:oid:1.2.840.10065.1.12.1.1'

function signInput({ alg, key }: Signature, input: string): string {
  const hash = alg === 'EdDSA' ? null : 'sha256'
  const made = sign(hash, Buffer.from(input), alg === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key)
  return `${input.split('.')[0]}..${made.toString('base64url')}`
}

/** RFC 8785 of the document without what a signature leaves out (contract §6.1). */
function signedForm(document: Bundle): string {
  const { id: _id, meta: _meta, signature: _signature, ...signed } = document
  return canonicalize(signed)!
}

const base64url = (text: string): string => Buffer.from(text).toString('base64url')

export function named({ parameter = [] }: Parameters, name: string): ParametersParameter {
  const found = parameter.find(each => each.name === name)
  if (!found) throw new TypeError(`no ${name}`)
  return found
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url')
