import type { CareTeam, EpisodeOfCare } from '@medplum/fhirtypes'
import { caseSubjectSystem, caseSystem, codeSystem, extensionUrl } from '../../../document/canonical.ts'
import { type CaseSnapshot, caseKinds, isDoubted, memberOf } from '../../../document/case.ts'
import { episodeStatus, shownCaseState } from '../../../document/case-state.ts'
import { as, type CaseId } from '../../../document/ids.ts'
import { roleOfClient } from '../../../document/role.ts'
import type { RouteName } from '../../../journeys/access/who-may-call.ts'
import { caseOf } from '../../../journeys/case/case-of.ts'
import { confirmWorker, identityEvidence, issueReceptionCode } from '../../../journeys/case/confirm-worker.ts'
import { invite, invitedRoles } from '../../../journeys/case/invite.ts'
import { acceptInvitation, joinCase } from '../../../journeys/case/join-case.ts'
import { openCase } from '../../../journeys/case/open-case.ts'
import { readCases } from '../../../journeys/case/read-cases.ts'
import { transition, transitions } from '../../../journeys/case/transition.ts'
import { partnersOf } from '../../../journeys/delivery/openings.ts'
import type { Parts } from '../../../journeys/parts.ts'
import { issueRecoveryCode } from '../../../journeys/person/recover.ts'
import { toInstant } from '../../../standards/fhir-time.ts'
import { type Answer, at, type KnownCall, type KnownRoute } from '../route.ts'
import { InParameters, outParameters } from './parameters.ts'
import { pageOf } from './search-parameters.ts'
import { searchset } from './searchset.ts'

type OperationName = Extract<RouteName, `POST /fhir/EpisodeOfCare/${string}`>

/** Routes of a case (contract §5). */
export function caseRoutes(parts: Parts): readonly KnownRoute[] {
  const opened = (facts: {
    id: string
    identifier: string
    subject: string
    invitation?: string | undefined
  }): Answer => ({
    status: 201,
    headers: { location: `${parts.baseUrl}/fhir/EpisodeOfCare/${facts.id}` },
    body: outParameters(
      {
        name: 'case',
        valueReference: {
          reference: `EpisodeOfCare/${facts.id}`,
          identifier: { system: caseSystem, value: facts.identifier }
        }
      },
      { name: 'caseSubject', valueIdentifier: { system: caseSubjectSystem, value: facts.subject } },
      facts.invitation === undefined ? undefined : { name: 'invitation', valueString: facts.invitation }
    )
  })
  const operation = (name: OperationName, handle: KnownRoute['handle']): KnownRoute => ({
    ...at(name),
    dialect: 'fhir',
    capability: { resource: 'EpisodeOfCare', operation: name.slice(name.indexOf('$') + 1) },
    handle
  })
  const idOf = (call: KnownCall) => as<CaseId>(call.params.id!)

  return [
    operation('POST /fhir/EpisodeOfCare/$open', async call => {
      const given = new InParameters(call)
      return opened(
        await openCase(parts, call, {
          kind: given.code('kind', caseKinds),
          person: {
            name: given.text('workerName'),
            kana: given.text('workerKana'),
            birthDate: given.date('birthDate'),
            contactWindow: given.optionalText('contactWindow')
          },
          localIdentifier: call.caller.side === 'worker' ? undefined : given.identifier('localIdentifier')
        })
      )
    }),
    operation('POST /fhir/EpisodeOfCare/$accept', async call =>
      opened(await acceptInvitation(parts, call, new InParameters(call).text('invitation')))
    ),
    operation('POST /fhir/EpisodeOfCare/$join', async call => {
      const given = new InParameters(call)
      return opened(
        await joinCase(parts, call, {
          code: given.text('code'),
          localIdentifier: given.identifier('localIdentifier'),
          birthDate: given.date('birthDate'),
          workerKana: given.text('workerKana')
        })
      )
    }),
    operation('POST /fhir/EpisodeOfCare/:id/$invite', async call => {
      const invited = await invite(parts, call, idOf(call), new InParameters(call).code('role', invitedRoles))
      return {
        status: 200,
        body: outParameters(
          { name: 'code', valueString: invited.code },
          { name: 'expires', valueInstant: toInstant(invited.expiresAt) }
        )
      }
    }),
    operation('POST /fhir/EpisodeOfCare/:id/$confirm', async call => {
      const given = new InParameters(call)
      if (call.caller.side === 'worker') {
        await confirmWorker(parts, call, idOf(call), given.text('confirmationCode'))
        return { status: 200, body: await episode(parts, call, idOf(call)) }
      }
      const code = await issueReceptionCode(parts, call, idOf(call), given.code('identityEvidence', identityEvidence))
      return { status: 200, body: outParameters({ name: 'confirmationCode', valueString: code }) }
    }),
    operation('POST /fhir/EpisodeOfCare/:id/$recover', async call => {
      const evidence = new InParameters(call).code('identityEvidence', identityEvidence)
      const code = await issueRecoveryCode(parts, call, idOf(call), evidence)
      return { status: 200, body: outParameters({ name: 'recoveryCode', valueString: code }) }
    }),
    operation('POST /fhir/EpisodeOfCare/:id/$transition', async call => {
      await transition(parts, call, idOf(call), new InParameters(call).code('to', transitions))
      return { status: 200, body: await episode(parts, call, idOf(call)) }
    }),
    {
      ...at('GET /fhir/EpisodeOfCare'),
      dialect: 'fhir',
      capability: { resource: 'EpisodeOfCare', interaction: 'search-type' },
      handle: async call => {
        const page = pageOf(call.query)
        const { found, next } = await readCases(parts, call, page)
        return searchset(
          parts.baseUrl,
          'EpisodeOfCare',
          call,
          found.map(snapshot => toEpisode(call, snapshot)),
          next
        )
      }
    },
    {
      ...at('GET /fhir/EpisodeOfCare/:id'),
      dialect: 'fhir',
      capability: { resource: 'EpisodeOfCare', interaction: 'read' },
      handle: async call => ({ status: 200, body: await episode(parts, call, idOf(call)) })
    },
    {
      ...at('GET /fhir/CareTeam/:id'),
      dialect: 'fhir',
      capability: { resource: 'CareTeam', interaction: 'read' },
      handle: async call => ({
        status: 200,
        body: toCareTeam(parts, call, await caseOf(parts, call.caller, idOf(call)))
      })
    }
  ]
}

async function episode(parts: Parts, call: KnownCall, id: CaseId): Promise<EpisodeOfCare> {
  return toEpisode(call, await caseOf(parts, call.caller, id))
}

/**
 * The case as this reader sees it: fine state for the worker, coarse for everybody else (domain §3). No version: it counts
 * deposits, consents and withdrawals, of which an employer must not learn (P-9).
 */
export function toEpisode({ caller }: KnownCall, snapshot: CaseSnapshot): EpisodeOfCare {
  return {
    resourceType: 'EpisodeOfCare',
    id: snapshot.id,
    extension: [
      {
        url: extensionUrl('case-state'),
        valueCode: shownCaseState(snapshot.state, isDoubted(snapshot, caller) ? undefined : caller.side)
      }
    ],
    identifier: [{ system: caseSystem, value: snapshot.identifier }],
    status: episodeStatus(snapshot.state),
    patient: { identifier: { system: caseSubjectSystem, value: memberOf(snapshot, caller.organization)!.subject } },
    managingOrganization: { reference: `Organization/${snapshot.openedBy}` },
    period: { start: toInstant(snapshot.openedAt) },
    team: [{ reference: `CareTeam/${snapshot.id}` }]
  }
}

/** Who takes part: roles of organisations, by the references that consents name. */
function toCareTeam(parts: Parts, { caller }: KnownCall, snapshot: CaseSnapshot): CareTeam {
  const seen = new Set<string>()
  const participant = partnersOf(parts, snapshot).flatMap(partner => {
    if (seen.has(partner.party)) return []
    seen.add(partner.party)
    return [
      {
        role: [{ coding: [{ system: codeSystem('ryoritsu-role'), code: roleOfClient[partner.role] }] }],
        member: {
          reference: `PractitionerRole/${partner.party}`,
          // the worker's name is nobody's business here
          ...(partner.role !== 'worker' && { display: partner.organizationName })
        },
        onBehalfOf: { reference: `Organization/${partner.organization}` }
      }
    ]
  })
  return {
    resourceType: 'CareTeam',
    id: snapshot.id,
    identifier: [{ system: caseSystem, value: snapshot.identifier }],
    status: 'active',
    subject: { identifier: { system: caseSubjectSystem, value: memberOf(snapshot, caller.organization)!.subject } },
    participant
  }
}
