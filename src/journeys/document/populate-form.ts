import type { Bundle, QuestionnaireResponse } from '@medplum/fhirtypes'
import type { CaseId } from '../../document/ids.ts'
import type { Kind } from '../../document/kind.ts'
import { populate } from '../../forms/populate.ts'
import { caseOf } from '../case/case-of.ts'
import type { Asked } from '../context.ts'
import { partsOfBundle } from '../delivery/parts-of-bundle.ts'
import type { Parts } from '../parts.ts'
import { retrieve } from './retrieve.ts'
import { visiblePage } from './visible-page.ts'

const mostEarlier = 20
const everything = { after: undefined, limit: 1000 }

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
  const { caller } = asked
  const snapshot = await caseOf(parts, caller, id)
  const person = await parts.cases.person(snapshot.id)
  const { shown } = await visiblePage(parts, asked, { case: id, kind: undefined, status: 'current' }, everything)
  const documents = shown.map(visible =>
    visible.as === 'recipient'
      ? { document: visible.view, isOwn: false }
      : { document: visible.document, isOwn: visible.document.organization === caller.organization }
  )
  const newestFirst = documents
    .sort((one, other) => other.document.recordedAt - one.document.recordedAt)
    .slice(0, mostEarlier)
  const earlier = []
  for (const { document, isOwn } of newestFirst) {
    const { bytes } = await retrieve(parts, asked, document.id)
    const { response } = partsOfBundle(JSON.parse(Buffer.from(bytes).toString()) as Bundle)
    earlier.push({ kind: document.kind, response, isOwn })
  }
  const own = { name: parts.partners.organizationName(caller.organization) ?? '' }
  const form = parts.forms.byKind(kind.code, version)!
  return populate(form, {
    case: { kind: snapshot.kind },
    worker: { name: person.name, birthDate: person.birthDate },
    ...(caller.side === 'employer' && { organization: own }),
    ...(caller.side === 'hospital' && { institution: own }),
    earlier
  })
}
