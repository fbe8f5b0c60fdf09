import { as, type RequestId } from '../../document/ids.ts'
import type { Form } from '../../forms/form.ts'
import { NoForm, readForm, type ValidateParts, validateFile } from '../../journeys/document/validate-file.ts'
import { operationOutcome, outcomeOfIssues } from '../../outcome/operation-outcome.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { type Command, exit, readArguments, readInput, WrongUse } from './command.ts'
import { issuesOf, printIssues } from './issues.ts'

const options = { questionnaire: { type: 'string' }, json: { type: 'boolean' } } as const

/** Only a defect's outcome would show it. */
const noRequest = as<RequestId>('')

/** Says what is wrong with a resource in a file; nothing is signed, sent or kept. */
export function validateCommand(open: () => ValidateParts): Command {
  return {
    name: 'validate',
    meaning: 'Validates a document as at deposit, a QuestionnaireResponse, or the structure of another R4 resource.',
    usage: ['validate <file> [--questionnaire <file>] [--json]'],
    async run(args, terminal) {
      const { values, positionals } = readArguments(args, options)
      const [file, ...more] = positionals
      if (file === undefined || more.length > 0) throw new WrongUse('exactly one file is validated')
      const bytes = readInput(file)
      const questionnaire = values.questionnaire === undefined ? undefined : readInput(values.questionnaire)
      const parts = open()
      const form = questionnaire && formIn(questionnaire, parts)
      const { issues, outcome } = findings(bytes, parts, form)
      if (values.json) terminal.out(JSON.stringify(outcome))
      else if (issues.length === 0) terminal.out(`${file}: 問題はありません。 Nothing is wrong.`)
      else printIssues(issues, terminal)
      return issues.some(({ severity }) => severity === 'error') ? exit.failed : exit.held
    }
  }
}

function formIn(questionnaire: Uint8Array, parts: ValidateParts): Form {
  try {
    return readForm(questionnaire, parts)
  } catch (error) {
    if (error instanceof NoForm) throw new WrongUse(`--questionnaire: ${error.message}`)
    throw error
  }
}

function findings(bytes: Uint8Array, parts: ValidateParts, form: Form | undefined) {
  try {
    const issues = validateFile(bytes, parts, form)
    return { issues, outcome: outcomeOfIssues(issues, 'ja') }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { issues: issuesOf(error), outcome: operationOutcome(error, 'ja', noRequest) }
  }
}
