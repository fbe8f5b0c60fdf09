import type { Bundle } from '@medplum/fhirtypes'
import { completeDocument } from '../../../journeys/document/complete-signature.ts'
import type { DepositParts } from '../../../journeys/document/deposit.ts'
import { prepareDocument, type SigningWish } from '../../../journeys/document/prepare-signature.ts'
import { Refusal } from '../../../outcome/refusal.ts'

import { encodeBase64 } from '../../../standards/base64.ts'
import { at, type KnownCall, type KnownRoute } from '../route.ts'
import { depositedAnswer } from './deposited-answer.ts'
import { InParameters, outParameters } from './parameters.ts'

/** Signed documents are JSON: what was read as XML nobody has signed. */
const consumes = ['application/fhir+json', 'application/json']

/** Five certificates of 8 KiB in a header, in base64url of base64, and the longest signature. */
const maxJwsLength = 81_920

/** Signing with a key that the gateway never sees: a card, a token, a remote signer (contract §6.7). */
export function signingRoutes(parts: DepositParts): readonly KnownRoute[] {
  /** Parameters, its list and the parameter stand around the document. */
  const parametersOf = (call: KnownCall) => new InParameters(call, parts.limits.maxDepth + 3)
  return [
    {
      ...at('POST /fhir/Bundle/$prepare-signature'),
      dialect: 'fhir',
      consumes,
      capability: { resource: 'Bundle', operation: 'prepare-signature' },
      keepsNothing: true,
      handle: async call => {
        const parameters = parametersOf(call)
        const document = parameters.document('document')
        const input = await prepareDocument(parts, call, document, wishIn(parameters))
        return {
          status: 200,
          body: outParameters(
            { name: 'document', resource: document.value as Bundle },
            { name: 'bundleSigningInput', valueBase64Binary: encodeBase64(Buffer.from(input, 'latin1')) }
          )
        }
      }
    },
    {
      ...at('POST /fhir/Bundle/$complete-signature'),
      dialect: 'fhir',
      consumes,
      capability: { resource: 'Bundle', operation: 'complete-signature' },
      handle: async call => {
        const parameters = parametersOf(call)
        refuseSdJwt(parameters)
        const document = parameters.document('document')
        const recorded = await completeDocument(parts, call, document, parameters.longText('bundleJws', maxJwsLength))
        const answer = await depositedAnswer(parts, recorded)
        if (!wantsRepresentation(call)) return answer
        return {
          ...answer,
          headers: { ...answer.headers, 'preference-applied': 'return=representation' },
          body: outParameters(
            { name: 'return', resource: answer.body },
            { name: 'recorded', valueBase64Binary: encodeBase64(recorded.bytes) }
          )
        }
      }
    }
  ]
}

/** @throws Refusal `parameter-invalid` unless exactly one of `kid` and `certificate` is given */
function wishIn(parameters: InParameters): SigningWish {
  const kid = parameters.optionalText('kid')
  const x5c = parameters.binaries('certificate')
  if ((kid === undefined) === (x5c.length === 0)) {
    throw new Refusal('parameter-invalid', { at: ["Parameters.parameter.where(name='kid' or name='certificate')"] })
  }
  return {
    alg: parameters.text('alg'),
    ...(kid === undefined ? { x5c } : { kid }),
    when: parameters.instant('when'),
    who: parameters.identifier('who')
  }
}

/** Nothing may be taken that is not kept. */
function refuseSdJwt(parameters: InParameters): void {
  if (parameters.has('sdJwt')) {
    throw new Refusal('parameter-invalid', { at: ["Parameters.parameter.where(name='sdJwt')"] })
  }
}

/** @see RFC 7240 section 4.2 */
const wantsRepresentation = ({ headers }: KnownCall): boolean =>
  /(?:^|[,;])\s*return\s*=\s*"?representation"?\s*(?:$|[,;])/iu.test(headers.prefer ?? '')
