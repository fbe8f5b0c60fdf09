import { as, type RequestId } from '../../document/ids.ts'
import {
  NotUsable,
  type ValidateFileParts,
  type ValidatingFile,
  validateFile
} from '../../journeys/document/validate-file.ts'
import { operationOutcome, outcomeOfIssues } from '../../outcome/operation-outcome.ts'
import { Refusal } from '../../outcome/refusal.ts'
import { type Command, exit, readArguments, readInput, WrongUse } from './command.ts'
import { issuesOf, printIssues } from './issues.ts'

const options = {
  questionnaire: { type: 'string' },
  supporting: { type: 'string', multiple: true },
  advise: { type: 'boolean' },
  json: { type: 'boolean' }
} as const

/** Only a defect's outcome would show it. */
const noRequest = as<RequestId>('')

/** Says what is wrong with a resource in a file; nothing is signed, sent or kept. */
export function validateCommand(open: () => ValidateFileParts): Command {
  return {
    name: 'validate',
    meaning:
      'Validates a document as at deposit, a QuestionnaireResponse, a Questionnaire, or the structure of another R4 resource.',
    usage: ['validate <file> [--questionnaire <file>] [--supporting <file>]… [--advise] [--json]'],
    async run(args, terminal) {
      const { values, positionals } = readArguments(args, options)
      const [file, ...more] = positionals
      if (file === undefined || more.length > 0) throw new WrongUse('exactly one file is validated')
      const { issues, outcome } = await findings(
        {
          file: readInput(file),
          questionnaire: values.questionnaire === undefined ? undefined : readInput(values.questionnaire),
          supporting: values.supporting?.map(readInput) ?? [],
          advise: values.advise
        },
        open()
      )
      if (values.json) terminal.out(JSON.stringify(outcome))
      else if (issues.length === 0) terminal.out(`${file}: 問題はありません。 Nothing is wrong.`)
      else printIssues(issues, terminal)
      return issues.some(({ severity }) => severity === 'error') ? exit.failed : exit.held
    }
  }
}

async function findings(asked: ValidatingFile, parts: ValidateFileParts) {
  try {
    const issues = await validateFile(asked, parts)
    return { issues, outcome: outcomeOfIssues(issues, 'ja') }
  } catch (error) {
    if (error instanceof NotUsable) throw new WrongUse(`--questionnaire, --supporting: ${error.message}`)
    if (!(error instanceof Refusal)) throw error
    return { issues: issuesOf(error), outcome: operationOutcome(error, 'ja', noRequest) }
  }
}
