import type { AuditEvent } from '@medplum/fhirtypes'
import { caseSubjectSystem, codeSystem } from '../../../document/canonical.ts'
import { proveRecord } from '../../../journeys/log/prove-record.ts'
import { readRecord, searchRecords } from '../../../journeys/log/read-records.ts'
import type { Parts } from '../../../journeys/parts.ts'
import { Refusal } from '../../../outcome/refusal.ts'
import { at, type KnownRoute } from '../route.ts'
import { outParameters } from './parameters.ts'
import { dateRange, pageOf, single, tokenOf } from './search-parameters.ts'
import { searchset } from './searchset.ts'

/** Routes of the audit log as FHIR (contract §11): read and search, never changed. */
export function auditRoutes(parts: Parts): readonly KnownRoute[] {
  return [
    {
      ...at('GET /fhir/AuditEvent'),
      dialect: 'fhir',
      capability: { resource: 'AuditEvent', interaction: 'search-type' },
      search: [
        { name: 'patient.identifier', type: 'token' },
        { name: 'date', type: 'date' },
        { name: 'subtype', type: 'token' },
        { name: 'outcome', type: 'token' }
      ],
      handle: async call => {
        const { query } = call
        const { after, limit } = pageOf(query)
        if (after !== undefined && !/^\d{1,15}$/u.test(after)) throw new Refusal('parameter-invalid', { at: ['after'] })
        const { found, next } = await searchRecords(
          parts,
          call,
          {
            subject: tokenOf(query, 'patient.identifier', caseSubjectSystem),
            act: tokenOf(query, 'subtype', codeSystem('act')),
            outcome: single(query, 'outcome'),
            ...dateRange(query, 'date'),
            raw: `AuditEvent?${query}`
          },
          { beforeLeaf: after === undefined ? undefined : Number(after), limit }
        )
        const events = found.map(record => JSON.parse(Buffer.from(record.event).toString()) as AuditEvent)
        return searchset(parts.baseUrl, 'AuditEvent', call, events, next === undefined ? undefined : String(next))
      }
    },
    {
      ...at('GET /fhir/AuditEvent/:id'),
      dialect: 'fhir',
      capability: { resource: 'AuditEvent', interaction: 'read' },
      handle: async call => ({ status: 200, body: (await readRecord(parts, call, call.params.id!)).event })
    },
    {
      ...at('GET /fhir/AuditEvent/:id/$proof'),
      dialect: 'fhir',
      capability: { resource: 'AuditEvent', operation: 'proof' },
      handle: async call => {
        const proof = await proveRecord(parts, call, call.params.id!)
        return {
          status: 200,
          body: outParameters(
            { name: 'index', valueInteger: proof.index },
            { name: 'key', valueString: proof.key },
            ...proof.inclusion.map(hash => ({ name: 'inclusion', valueString: hash })),
            { name: 'checkpoint', valueString: proof.checkpoint }
          )
        }
      }
    }
  ]
}
