import t from 'tap'
import { kinds } from '../../src/document/kinds.ts'
import type { Side } from '../../src/document/role.ts'
import { checkDocument } from '../../src/validate/document.ts'
import { add, type Change, documentChanges, entry, other, resource } from './document-examples.ts'
import { changed, type Example, examples, type Loose, opinion, workInformation } from './example.ts'

const found = (bundle: Loose, side: Side | undefined = 'hospital') =>
  checkDocument(bundle, kinds, side).issues.map(({ rule, expression }) => `${rule} ${expression}`)

t.test('finds nothing wrong in the documents of either side', async t => {
  for (const { name, side, bundle } of examples) t.strictSame(found(bundle, side), [], name)
})

t.test('takes what a document may also hold', async t => {
  const more = changed(opinion, bundle => {
    const composition = resource(bundle, 'Composition')
    const role = add(bundle, {
      resourceType: 'PractitionerRole',
      practitioner: { reference: entry(bundle, 'Practitioner').fullUrl },
      organization: { reference: entry(bundle, 'Organization').fullUrl }
    })
    composition.author.push({ reference: role })
    composition.relatesTo = [
      { code: 'replaces', targetIdentifier: { system: 'http://example.org', value: '1' } },
      { code: 'appends', targetIdentifier: { system: 'http://example.org', value: '2' } }
    ]
    composition.section.push({
      code: { coding: [{ system: 'http://jpfhir.jp/fhir/clins/CodeSystem/document-section', code: '910' }] },
      text: { status: 'additional', div: 'not looked at here' }
    })
    delete resource(bundle, 'QuestionnaireResponse').subject
    resource(bundle, 'QuestionnaireResponse').status = 'amended'
    bundle.entry[2].resource.id = 'a'
    bundle.entry[3].resource.id = 'a'
  })
  t.strictSame(found(more), [])
})

for (const [name, change, ...expected] of documentChanges) {
  t.test(`finds ${name}`, async t => {
    t.strictSame(found(changed(opinion, change)), expected)
  })
}

t.test('an employer names its documents in the system of this project', async t => {
  const system = opinion.bundle.identifier!.system
  const swapped = changed(workInformation, bundle => {
    bundle.identifier.system = system
  })
  t.strictSame(found(swapped, 'employer'), ['profile-identifier Bundle.identifier'])
  t.strictSame(found(swapped, undefined), [], 'either system, where it is not known who wrote')
})

t.test('who answered is an author of the document', async t => {
  const by = (type: string) =>
    found(
      changed(opinion, bundle => {
        resource(bundle, 'QuestionnaireResponse').author = { reference: entry(bundle, type).fullUrl }
      })
    )
  t.strictSame(by('Practitioner'), [])
  t.strictSame(by('Organization'), [])
  t.strictSame(by('Patient'), ['profile-author Bundle.entry[1].resource.author'])
})

t.test('a document without an organisation says so', async t => {
  const without = changed(workInformation, bundle => {
    bundle.entry = bundle.entry.filter(({ resource: { resourceType } }: Loose) => resourceType !== 'Organization')
  })
  t.ok(found(without, 'employer').includes('profile-count Bundle.entry'))
})

t.test('finds more entries than a document can have', async t => {
  const long = changed(opinion, bundle => {
    const organization = { reference: entry(bundle, 'Organization').fullUrl }
    for (let i = bundle.entry.length; i <= 100; i++) {
      const fullUrl = `urn:uuid:00000000-0000-4000-8000-${String(i).padStart(12, '0')}`
      add(bundle, { resourceType: 'Organization', name: 'A', partOf: organization }, fullUrl)
      resource(bundle, 'Composition').section[1].entry.push({ reference: fullUrl })
    }
  })
  t.ok(found(long).includes('profile-entries Bundle.entry'))
  long.entry.pop()
  resource(long, 'Composition').section[1].entry.pop()
  t.strictSame(found(long), [])
})

t.test('finds every mistake at once', async t => {
  const broken = changed(opinion, bundle => {
    delete bundle.identifier
    resource(bundle, 'Composition').status = 'amended'
    resource(bundle, 'Patient').identifier = []
  })
  t.strictSame(found(broken), [
    'profile-identifier Bundle.identifier',
    'profile-status Bundle.entry[0].resource.status',
    'profile-case-subject Bundle.entry[2].resource.identifier'
  ])
})

const documentOf = ({ bundle, side }: Example, change: Change = () => {}) =>
  checkDocument(changed({ bundle } as Example, change), kinds, side).document()

t.test('reads what stations ask of a document', async t => {
  const document = documentOf(opinion)
  t.match(document, {
    at: { composition: 0, response: 1, patient: 2 },
    identifier: opinion.bundle.identifier,
    replaces: undefined,
    authorOrganization: { system: 'http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no' }
  })
  t.equal(document.case, (document.composition.event![0]!.detail![0] as Loose).identifier.value)
  t.equal(document.subject, resource(opinion.bundle, 'Patient').identifier[0].value)
  t.equal(document.response.resourceType, 'QuestionnaireResponse')
  t.equal(document.authorName, resource(opinion.bundle, 'Practitioner').name[0].text)
})

t.test('reads which document it replaces', async t => {
  const identifier = { system: 'http://example.org', value: '1' }
  const document = documentOf(opinion, bundle => {
    resource(bundle, 'Composition').relatesTo = [
      { code: 'appends', targetIdentifier: { system: 'http://example.org', value: '0' } },
      { code: 'replaces', targetIdentifier: identifier }
    ]
  })
  t.strictSame(document.replaces, identifier)
})

t.test('reads the organisation from a role, or the custodian, where none is an author', async t => {
  const practitionerAlone = documentOf(opinion, bundle => {
    const composition = resource(bundle, 'Composition')
    composition.author = [composition.author[0]]
  })
  t.equal(practitionerAlone.authorOrganization?.value, '2719999027')
  const byRole = documentOf(opinion, bundle => {
    const url = add(
      bundle,
      { resourceType: 'Organization', identifier: [{ value: 'a' }, { system: 'urn:b', value: 'b' }] },
      other
    )
    const role = add(bundle, { resourceType: 'PractitionerRole', organization: { reference: url } })
    resource(bundle, 'Composition').author = [{ reference: role }]
  })
  t.strictSame(byRole.authorOrganization, { system: 'urn:b', value: 'b' })
})

t.test('names an author by parts of the name, or by the organisation', async t => {
  const parts = documentOf(opinion, bundle => {
    resource(bundle, 'Practitioner').name = [{ family: '山田', given: ['花', '子'] }]
  })
  t.equal(parts.authorName, '山田 花 子')
  const organization = documentOf(opinion, bundle => {
    const composition = resource(bundle, 'Composition')
    composition.author = [composition.author[1]]
  })
  t.equal(organization.authorName, resource(opinion.bundle, 'Organization').name)
})
