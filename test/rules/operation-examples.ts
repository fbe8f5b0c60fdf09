import { readFileSync } from 'node:fs'

const nested = (depth: number): string => (depth === 0 ? '1' : `(1|2|3|4|5|6|7|8|9).select(${nested(depth - 1)})`)

/** A form whose constraint has no end that anybody would see. */
const endless = {
  resourceType: 'Questionnaire',
  status: 'active',
  extension: [
    {
      url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-constraint',
      extension: [
        { url: 'key', valueId: 'k-1' },
        { url: 'severity', valueCode: 'error' },
        { url: 'human', valueString: 'k' },
        { url: 'expression', valueString: `${nested(9)}.exists()` }
      ]
    }
  ],
  item: [{ linkId: '1', type: 'string' }]
}

/** Rule key → type and body with which `$validate` itself says so, whatever the stations say. */
export const operationExamples: Readonly<Record<string, { readonly type: string; readonly body: object }>> = {
  'r4-not-checked': { type: 'MolecularSequence', body: { resourceType: 'MolecularSequence' } },
  'profile-number': {
    type: 'Bundle',
    body: readFileSync(new URL('../../fixtures/negative/ambiguous-number.json', import.meta.url))
  },
  'que-time': {
    type: 'QuestionnaireResponse',
    body: {
      resourceType: 'Parameters',
      parameter: [
        {
          name: 'resource',
          resource: {
            resourceType: 'QuestionnaireResponse',
            status: 'completed',
            item: [{ linkId: '1', answer: [{ valueString: '一' }] }]
          }
        },
        { name: 'questionnaire', resource: endless }
      ]
    }
  }
}
