import type { Bundle, QuestionnaireResponse } from '@medplum/fhirtypes'
import type { CaseId } from '../../document/ids.ts'
import type { Kind } from '../../document/kind.ts'
import { populate } from '../../forms/populate.ts'
import { caseOf } from '../case/case-of.ts'
import type { Asked } from '../context.ts'
import { partsOfBundle } from '../delivery/parts-of-bundle.ts'
import type { Parts } from '../parts.ts'
import { retrieve } from './retrieve.ts'
import { visibleTo } from './visible.ts'

const mostEarlier = 20

/**
 * The next form of a case, filled with what this caller may read of it: facts of the case, the own organisation, and those
 * earlier documents that are open to the caller. Each of them counts as read and is recorded so.
 */
export async function populateForm(
  parts: Parts,
  asked: Asked,
  kind: Kind,
  version: string,
  id: CaseId
): Promise<QuestionnaireResponse> {
  const { caller, at } = asked
  const snapshot = await caseOf(parts, caller, id)
  const person = await parts.cases.person(snapshot.id)
  const readers = [
    caller.party as string,
    ...(caller.purpose === undefined ? [] : [`${caller.party}/${caller.purpose}`])
  ]
  const findings = (
    await Promise.all(
      readers.map(reader => parts.documents.findings(reader, { case: id }, { after: undefined, limit: mostEarlier }))
    )
  )
    .flat()
    .sort((one, other) => other.at - one.at)
  const earlier = []
  for (const finding of findings) {
    if ((await visibleTo(parts, caller, finding.target, at)).as === 'hidden') continue
    const { bytes } = await retrieve(parts, asked, finding.target)
    const { response } = partsOfBundle(JSON.parse(Buffer.from(bytes).toString()) as Bundle)
    earlier.push({ kind: finding.kind as Kind['code'], response })
  }
  const own = { name: parts.partners.organizationName(caller.organization) ?? '' }
  const form = parts.forms.byKind(kind.code, version)!
  return populate(form, {
    worker: { name: person.name, birthDate: person.birthDate },
    ...(caller.side === 'employer' && { organization: own }),
    ...(caller.side === 'hospital' && { institution: own }),
    earlier
  })
}
