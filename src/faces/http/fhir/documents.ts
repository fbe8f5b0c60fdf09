import { caseSubjectSystem, codeSystem } from '../../../document/canonical.ts'
import { kindOf } from '../../../document/kinds.ts'
import { confirmSlot } from '../../../journeys/document/confirm-slot.ts'
import { type DepositParts, deposit } from '../../../journeys/document/deposit.ts'
import { pad } from '../../../journeys/document/pad-answer.ts'
import { readReceipt } from '../../../journeys/document/read-receipt.ts'
import { retrieve } from '../../../journeys/document/retrieve.ts'
import { readReference, referenceOf, searchDocuments } from '../../../journeys/document/search.ts'
import { Refusal } from '../../../outcome/refusal.ts'
import { type Answer, at, type KnownCall, type KnownRoute } from '../route.ts'
import { depositedAnswer } from './deposited-answer.ts'
import { InParameters } from './parameters.ts'
import { pageOf, single, token, tokenOf } from './search-parameters.ts'
import { searchset } from './searchset.ts'

const statuses = ['current', 'superseded'] as const

/** Routes of documents (contract §6). */
export function documentRoutes(parts: DepositParts): readonly KnownRoute[] {
  const search = async (call: KnownCall): Promise<Answer> => {
    const { query } = call
    const kind = tokenOf(query, 'type', codeSystem('document-kind'))
    const status = single(query, 'status')
    if (status !== undefined && !statuses.some(known => known === status))
      throw new Refusal('parameter-invalid', { at: ['status'] })
    const subject = token(query, 'patient.identifier')
    if (subject?.system !== undefined && subject.system !== caseSubjectSystem)
      throw new Refusal('parameter-invalid', { at: ['patient.identifier'] })
    const { found, next } = await searchDocuments(
      parts,
      call,
      {
        subject: subject?.value,
        status: statuses.find(known => known === status),
        kind: kind === undefined ? undefined : (kindOf(kind)?.code ?? refuse('type')),
        raw: `DocumentReference?${query}`
      },
      pageOf(query)
    )
    return searchset(parts.baseUrl, 'DocumentReference', call, found, next)
  }

  return [
    {
      ...at('POST /fhir/Bundle'),
      dialect: 'fhir',
      capability: { resource: 'Bundle', interaction: 'create' },
      handle: async call => depositedAnswer(parts, await deposit(parts, call, call.body))
    },
    {
      ...at('GET /fhir/Bundle/:id'),
      dialect: 'fhir',
      capability: { resource: 'Bundle', interaction: 'read' },
      handle: async call => {
        const { bytes, visible } = await retrieve(parts, call, call.params.id!)
        return {
          status: 200,
          headers: {
            vary: 'Authorization, Accept',
            etag: `"${parts.randomId()}"`,
            link: describedBy(parts.baseUrl, visible)
          },
          body: bytes
        }
      }
    },
    {
      ...at('GET /fhir/DocumentReference'),
      dialect: 'fhir',
      capability: { resource: 'DocumentReference', interaction: 'search-type' },
      search: [
        { name: 'patient.identifier', type: 'token' },
        { name: 'status', type: 'token' },
        { name: 'type', type: 'token' }
      ],
      handle: search
    },
    {
      ...at('GET /fhir/DocumentReference/:id'),
      dialect: 'fhir',
      capability: { resource: 'DocumentReference', interaction: 'read' },
      handle: async call => ({
        status: 200,
        body: pad(JSON.stringify(await readReference(parts, call, call.params.id!)))
      })
    },
    {
      ...at('GET /fhir/DocumentReference/:id/$receipt'),
      dialect: 'fhir',
      produces: ['application/jose', 'application/fhir+json'],
      capability: { resource: 'DocumentReference', operation: 'receipt' },
      handle: async call => {
        const receipt = await readReceipt(parts, call, call.params.id!)
        if (!/application\/(fhir\+)?json/u.test(call.headers.accept ?? ''))
          return { status: 200, type: 'application/jose', body: receipt }
        const data = Buffer.from(receipt).toString('base64')
        return { status: 200, body: { resourceType: 'Binary', contentType: 'application/jose', data } }
      }
    },
    {
      ...at('POST /fhir/DocumentReference/:id/$confirm'),
      dialect: 'fhir',
      capability: { resource: 'DocumentReference', operation: 'confirm' },
      handle: async call => {
        const visible = await confirmSlot(parts, call, call.params.id!, new InParameters(call).text('slot'))
        return { status: 200, body: await referenceOf(parts, visible) }
      }
    }
  ]
}

function refuse(name: string): never {
  throw new Refusal('parameter-invalid', { at: [name] })
}

function describedBy(baseUrl: string, visible: Awaited<ReturnType<typeof retrieve>>['visible']): string {
  const id = visible.as === 'recipient' ? visible.view.id : visible.document.id
  return `<${baseUrl}/fhir/DocumentReference/${id}>; rel="describedby"`
}
