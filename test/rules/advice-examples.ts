import { answered, formOf, responseWith } from '../forms/forms.ts'

const form = formOf('opinion-continuation-2026')
const code = { system: 'https://ryoritsu.example/fhir/CodeSystem/work-continuation', code: 'conditional' }
const remark = (text: string) => responseWith(form, [answered('oc.measures', 'String', text)])

/** Rule key → a response, not complete and yet worth a word before it is signed. */
export const adviceExamples: Readonly<Record<string, object>> = Object.fromEntries(
  Object.entries({
    'advise-stage': remark('大腸がん(ステージⅢ)術後'),
    'advise-test-value': remark('HbA1c 8.2%でコントロール不良'),
    'advise-genome': remark('BRCA1 遺伝子に変異あり'),
    'advise-infection': remark('HIV 抗体陽性'),
    'advise-family-history': remark('父も大腸がんで死亡'),
    'advise-my-number': remark('123456789018'),
    'advise-no-measures': responseWith(form, [answered('oc.canWork', 'Coding', code)])
  }).map(([rule, response]) => [rule, { ...response, status: 'in-progress' }])
)
