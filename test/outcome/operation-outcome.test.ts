import t from 'tap'
import { as, type RequestId } from '../../src/document/ids.ts'
import type { Issue } from '../../src/outcome/issue.ts'
import { operationOutcome, outcomeOfIssues } from '../../src/outcome/operation-outcome.ts'
import { Refusal } from '../../src/outcome/refusal.ts'

const request = as<RequestId>('request-1')
const refusals = 'https://ryoritsu.example/fhir/CodeSystem/refusal'
const rules = 'https://ryoritsu.example/fhir/CodeSystem/form-rule'

const missing: Issue = {
  severity: 'error',
  code: 'required',
  rule: 'qr-06',
  expression: 'Bundle.entry[4].resource.item[2]',
  text: { ja: '必須の項目がありません。', en: 'A required item is missing.' },
  fix: { ja: '答えてください。', en: 'Answer it.' }
}
const doubt: Issue = {
  severity: 'warning',
  code: 'value',
  rule: 'advise-my-number',
  expression: 'Bundle',
  text: { ja: '確認', en: 'Check' }
}

t.test('a refusal with findings lists each with its rule, the key, both languages and a likely fix', async t => {
  t.strictSame(operationOutcome(new Refusal('form-invalid', { issues: [missing] }), 'ja', request), {
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity: 'error',
        code: 'required',
        expression: ['Bundle.entry[4].resource.item[2]'],
        details: {
          coding: [
            { system: rules, code: 'qr-06' },
            { system: refusals, code: 'form-invalid' }
          ],
          text: '必須の項目がありません。',
          _text: {
            extension: [
              {
                url: 'http://hl7.org/fhir/StructureDefinition/translation',
                extension: [
                  { url: 'lang', valueCode: 'en' },
                  { url: 'content', valueString: 'A required item is missing.' }
                ]
              }
            ]
          }
        },
        diagnostics: '答えてください。'
      }
    ]
  })
})

t.test('the likely fix is in the language asked for', async t => {
  const [issue] = operationOutcome(new Refusal('form-invalid', { issues: [missing] }), 'en', request).issue!
  t.equal(issue!.diagnostics, 'Answer it.')
  t.equal(issue!.details!.text, '必須の項目がありません。')
})

t.test('a warning beside errors does not carry the key of the refusal', async t => {
  const { issue } = operationOutcome(new Refusal('form-invalid', { issues: [missing, doubt] }), 'ja', request)
  t.strictSame(issue![1]!.details!.coding, [{ system: rules, code: 'advise-my-number' }])
  t.notOk('diagnostics' in issue![1]!)
})

t.test('a refusal without findings speaks for itself, with its places', async t => {
  const refusal = new Refusal('signature-invalid', { at: ['Bundle.signature'] })
  const { issue } = operationOutcome(refusal, 'en', request)
  t.match(issue, [
    {
      severity: 'error',
      code: 'security',
      expression: ['Bundle.signature'],
      details: { coding: [{ system: refusals, code: 'signature-invalid' }], text: '署名が文書に合いません。' }
    }
  ])
  t.equal(issue!.length, 1)
  t.match(issue![0]!.diagnostics, /RFC 8785/)
})

t.test('a place that is not known is left out', async t => {
  const { issue } = operationOutcome(new Refusal('not-found'), 'ja', request)
  t.notOk('expression' in issue![0]!)
})

t.test('a defect of ours says the request id and nothing of what happened', async t => {
  const refusal = new Refusal('defect', { at: ['inside'], issues: [missing], cause: new Error('secret') })
  const outcome = operationOutcome(refusal, 'ja', request)
  t.equal(outcome.issue![0]!.diagnostics, 'request-1')
  t.equal(outcome.issue!.length, 1)
  t.notMatch(JSON.stringify(outcome), /inside|secret|qr-06/)
})

t.test('findings without a refusal carry rule keys only', async t => {
  const { issue } = outcomeOfIssues([missing, doubt], 'en')
  t.strictSame(
    issue!.map(({ details }) => details!.coding),
    [[{ system: rules, code: 'qr-06' }], [{ system: rules, code: 'advise-my-number' }]]
  )
})

t.test('no finding is one information, since an OperationOutcome is never empty', async t => {
  t.match(outcomeOfIssues([], 'ja').issue, [{ severity: 'information', code: 'informational' }])
})
