import t from 'tap'
import { as, type RequestId } from '../../src/document/ids.ts'
import { problem } from '../../src/outcome/problem.ts'
import { Refusal } from '../../src/outcome/refusal.ts'

const request = as<RequestId>('request-1')

t.test('a refusal reads as RFC 9457 problem detail with the same key', async t => {
  const refusal = new Refusal('form-invalid', {
    issues: [
      {
        severity: 'error',
        code: 'required',
        rule: 'qr-06',
        expression: '/answers/oc.measures',
        text: { ja: '必須です。', en: 'This is required.' },
        fix: { ja: '答えてください。', en: 'Answer it.' }
      },
      { severity: 'warning', code: 'value', rule: 'advise-x', expression: '/answers', text: { ja: '注意', en: 'Mind' } }
    ]
  })
  t.strictSame(problem(refusal, 'ja', request), {
    type: 'https://ryoritsu.example/fhir/CodeSystem/refusal#form-invalid',
    title: '様式の決まりに合わない回答があります。',
    status: 422,
    code: 'form-invalid',
    detail: '各 issue の示す箇所を直してください。',
    errors: [
      {
        path: '/answers/oc.measures',
        code: 'qr-06',
        ja: '必須です。',
        en: 'This is required.',
        fix: '答えてください。'
      }
    ],
    requestId: 'request-1'
  })
})

t.test('places without findings become errors of the key itself, in the language asked for', async t => {
  const answer = problem(new Refusal('parameter-invalid', { at: ['limit'] }), 'en', request)
  t.equal(answer.title, 'A parameter is missing or not of its form.')
  t.match(answer.errors, [{ path: 'limit', code: 'parameter-invalid', fix: 'Correct the parameter that is named.' }])
})

t.test('a refusal without places has no list of errors', async t => {
  t.notOk('errors' in problem(new Refusal('not-found'), 'ja', request))
})

t.test('a defect of ours says nothing but the request id', async t => {
  const answer = problem(new Refusal('defect', { at: ['inside'], cause: new Error('secret') }), 'en', request)
  t.strictSame(Object.keys(answer).sort(), ['code', 'requestId', 'status', 'title', 'type'])
  t.equal(answer.requestId, 'request-1')
})
