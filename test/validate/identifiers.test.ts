import t from 'tap'
import { checkIdentifiers } from '../../src/validate/identifiers.ts'
import { changed, examples, type Loose, opinion } from './example.ts'

const found = (bundle: Loose) =>
  checkIdentifiers(bundle).map(each => `${each.severity} ${each.rule} ${each.expression}`)
const within = (change: (bundle: Loose) => void) => found(changed(opinion, change))

t.test('finds nothing wrong in the fixtures', async t => {
  for (const { name, bundle } of examples) t.strictSame(found(bundle), [], name)
})

t.test('finds a wrong check digit in each place and form of an identifier', async t => {
  const wrong = within(bundle => {
    bundle.identifier.value = '2719999026^2026^000001'
    bundle.entry[4].resource.identifier[0].value = '2719999026'
    bundle.entry[3].resource.identifier = [{ system: 'urn:oid:1.3.188', value: '9999999999901' }]
    bundle.entry[2].resource.managingOrganization = {
      identifier: { system: 'urn:oid:1.2.392.100495.20.3.51.12719999026', value: '1' }
    }
    bundle.entry[2].resource.extension = [{ url: 'urn:a', valueIdentifier: { system: 'urn:oid:1.3.188', value: '1' } }]
  })
  t.strictSame(wrong, [
    'error id-check-digit Bundle.identifier.value',
    'error id-check-digit Bundle.entry[2].resource.managingOrganization.identifier.value',
    'error id-format Bundle.entry[2].resource.extension[0].value.value',
    'error id-check-digit Bundle.entry[3].resource.identifier[0].value',
    'error id-check-digit Bundle.entry[4].resource.identifier[0].value'
  ])
})

t.test('refuses a マイナンバー in an identifier, whatever its system', async t => {
  const mine = within(bundle => {
    bundle.entry[2].resource.identifier.push({ system: 'urn:example:local', value: '123456789018' })
    bundle.entry[3].resource.identifier = [{ value: '１２３４－５６７８－９０１８' }]
  })
  t.strictSame(mine, [
    'error id-my-number Bundle.entry[2].resource.identifier[2].value',
    'error id-my-number Bundle.entry[3].resource.identifier[0].value'
  ])
})

t.test('warns of twelve digits that may be a マイナンバー in free text', async t => {
  const mine = within(bundle => {
    bundle.entry[1].resource.item[0].answer = [{ valueString: '個人番号は 1234 5678 9018 です。' }]
    bundle.entry[2].resource.name[0].given = ['花', '123456789018']
    bundle.entry[2].resource.identifier[0].assigner = { display: '123456789018' }
  })
  t.strictSame(mine, [
    'warning advise-my-number Bundle.entry[1].resource.item[0].answer[0].value',
    'warning advise-my-number Bundle.entry[2].resource.identifier[0].assigner.display',
    'warning advise-my-number Bundle.entry[2].resource.name[0].given[1]'
  ])
})

t.test('other digits, and bytes, are nothing to warn of', async t => {
  const other = within(bundle => {
    bundle.entry[1].resource.item[0].answer = [
      { valueString: '電話 090-1234-5678、2026-09-01T10:00:00.000+09:00、123456789012' }
    ]
    bundle.signature.data = '123456789018'
  })
  t.strictSame(other, [])
})

t.test('no finding repeats the number', async t => {
  const bundle = changed(opinion, each => {
    each.entry[2].resource.identifier.push(
      { system: 'urn:oid:1.3.188', value: '9999999999901' },
      { value: '123456789018' }
    )
    each.entry[1].resource.item[0].answer = [{ valueString: '1234 5678 9018' }]
  })
  t.notMatch(JSON.stringify(checkIdentifiers(bundle)), /9999999999901|1234/)
})
