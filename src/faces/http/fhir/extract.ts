import { extractIssue } from '../../../forms/extract-issues.ts'
import { type ExtractParts, extractResponses, type SentResponse } from '../../../journeys/document/extract-response.ts'
import { languageOf } from '../../../outcome/language.ts'
import { outcomeOfIssues } from '../../../outcome/operation-outcome.ts'
import { Refusal } from '../../../outcome/refusal.ts'
import { jsonText } from '../json-body.ts'
import { at, type KnownCall, type KnownRoute } from '../route.ts'
import { outParameters } from './parameters.ts'

/** `POST /fhir/QuestionnaireResponse/$extract` (contract §8): the response comes with the call and is not kept. */
export function extractRoute(parts: ExtractParts): KnownRoute {
  const extract = extractResponses(parts)
  return {
    ...at('POST /fhir/QuestionnaireResponse/$extract'),
    dialect: 'fhir',
    capability: { resource: 'QuestionnaireResponse', operation: 'extract' },
    handle: async call => {
      const { bundle, issues } = await extract(call, sentIn(call))
      const said = bundle || issues.length > 0 ? issues : [nothing]
      const outcome = outcomeOfIssues(said, languageOf(call.headers['accept-language']))
      return {
        status: 200,
        body: outParameters(
          bundle && { name: 'return', resource: bundle },
          said.length > 0 ? { name: 'issues', resource: outcome } : undefined
        )
      }
    }
  }
}

const nothing = extractIssue('extract-nothing', 'QuestionnaireResponse')

type Members = Readonly<Record<string, unknown>>

/** The response itself, or the parameter that holds it. A form cannot be handed in: only published ones are known. */
function sentIn(call: KnownCall): SentResponse {
  const { value, numbers } = jsonText(call)
  const body = (value ?? {}) as Members
  if (body.resourceType !== 'Parameters') return { value, numberText: pointer => numbers.get(pointer) }
  const list: readonly unknown[] = Array.isArray(body.parameter) ? body.parameter : []
  const at = list.findIndex(each => (each as Members | null)?.name === name)
  const isOnlyOne = at >= 0 && list.length === 1
  if (!isOnlyOne) throw new Refusal('parameter-invalid', { at: [`Parameters.parameter.where(name='${name}')`] })
  const { resource } = list[at] as Members
  return { value: resource, numberText: pointer => numbers.get(`/parameter/${at}/resource${pointer}`) }
}

const name = 'questionnaire-response'
