import { readQuestionnaires, readR4 } from '../adapters/files/published.ts'
import { kinds } from '../document/kinds.ts'
import { loadEngines } from '../forms/load-engines.ts'
import { compileForms } from '../forms/registry.ts'
import { formJudge } from '../journeys/document/judge-form.ts'
import type { ValidateFileParts } from '../journeys/document/validate-file.ts'
import type { ValidateParts } from '../journeys/document/validate-resource.ts'
import { compileFhirXml } from '../standards/fhir-xml.ts'
import type { RequiredCodes, StructureDefinition } from '../validate/definitions.ts'
import { compileStructure } from '../validate/structure.ts'

export type Definitions = ReturnType<typeof readDefinitions>
export const readDefinitions = () => readR4<readonly StructureDefinition[], RequiredCodes>()

/** What `$validate` works with: R4, the profile and the published forms. */
export function openValidation(forms = compileForms(readQuestionnaires()), r4 = readDefinitions()): ValidateParts {
  return {
    structure: compileStructure(r4.definitions, r4.codes),
    forms: new Map(forms.all.map(form => [form.canonical, form])),
    kinds,
    resourceTypes: resourceTypesIn(r4.codes)
  }
}

/** All types of R4 of which there are resources. */
function resourceTypesIn({ closed }: RequiredCodes): ReadonlySet<string> {
  const codes = closed['http://hl7.org/fhir/ValueSet/resource-types|4.0.1']!['http://hl7.org/fhir/resource-types']!
  return new Set(codes.filter(type => type !== 'Resource' && type !== 'DomainResource'))
}

/** What `ryoritsu validate` works with: the same, with forms from files judged in this process. */
export function openFileValidation(): ValidateFileParts {
  const r4 = readDefinitions()
  let judge: ReturnType<typeof formJudge> | undefined
  return {
    ...openValidation(compileForms(readQuestionnaires()), r4),
    xml: compileFhirXml(r4.definitions),
    judge: {
      async judge(request) {
        judge ??= formJudge(await loadEngines())
        return { issues: judge(request) }
      }
    }
  }
}
