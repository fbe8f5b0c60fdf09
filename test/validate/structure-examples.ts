export const patient = (members: object) => ({ resourceType: 'Patient', ...members })
export const masked = { extension: [{ url: 'http://example.org/x', valueCode: 'masked' }] }
export const div = (content: string) => `<div xmlns="http://www.w3.org/1999/xhtml">${content}</div>`

const dataAbsentReason = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason'
const translation = 'http://hl7.org/fhir/StructureDefinition/translation'

/** What no Patient may be: the members, and each finding as `rule expression`. */
export const wrongPatients: readonly (readonly [name: string, members: object, ...found: string[]])[] = [
  [
    'a known extension with a value of another type',
    { _gender: { extension: [{ url: dataAbsentReason, valueString: 'masked' }] } },
    'profile-extension-value Patient.gender.extension[0]'
  ],
  [
    'a known extension with a code that it does not have',
    { _gender: { extension: [{ url: dataAbsentReason, valueCode: 'secret' }] } },
    'profile-extension-code Patient.gender.extension[0].value'
  ],
  [
    'a known extension without one of its parts',
    {
      name: [{ text: 'A', _text: { extension: [{ url: translation, extension: [{ url: 'lang', valueCode: 'en' }] }] } }]
    },
    'profile-extension-parts Patient.name[0].text.extension[0]'
  ],
  ['an element that R4 does not have', { nam: [] }, 'r4-unknown-element Patient.nam'],
  [
    'one inside another',
    { name: [{}, { txt: 'a' }] },
    'r4-empty Patient.name[0]',
    'r4-unknown-element Patient.name[1].txt'
  ],
  ['a name that might be content, at the object around', { '山田 太郎': 1 }, 'r4-unknown-element Patient'],
  [
    'names that every JavaScript object has',
    { constructor: 1, toString: 'a' },
    'r4-unknown-element Patient.constructor',
    'r4-unknown-element Patient.toString'
  ],
  ['extensions of what has none', { _name: [masked] }, 'r4-unknown-element Patient.name'],
  ['a list where one belongs', { gender: ['male', 'female'] }, 'r4-max Patient.gender'],
  ['a list of one where one belongs', { gender: ['male'] }, 'r4-type Patient.gender'],
  ['one where a list belongs', { name: { text: 'a' } }, 'r4-type Patient.name'],
  ['text where an object belongs', { name: ['a'] }, 'r4-type Patient.name[0]'],
  ['a list where an object belongs', { name: [[]] }, 'r4-type Patient.name[0]'],
  ['an object where text belongs', { birthDate: {} }, 'r4-type Patient.birthDate'],
  ['text where a boolean belongs', { active: 'true' }, 'r4-type Patient.active'],
  ['text where a number belongs', { multipleBirthInteger: '1' }, 'r4-type Patient.multipleBirth'],
  ['a number where text belongs', { name: [{ given: [1] }] }, 'r4-type Patient.name[0].given[0]'],
  ['an empty object', { name: [{}] }, 'r4-empty Patient.name[0]'],
  ['an object with an id alone', { name: [{ id: 'a' }] }, 'r4-empty Patient.name[0]'],
  ['an empty list', { name: [] }, 'r4-empty Patient.name'],
  ['an empty list of values', { name: [{ given: [] }] }, 'r4-empty Patient.name[0].given'],
  ['empty text', { birthDate: '' }, 'r4-empty Patient.birthDate'],
  [
    'null',
    { birthDate: null, name: [null], maritalStatus: null },
    'r4-empty Patient.birthDate',
    'r4-empty Patient.name[0]',
    'r4-empty Patient.maritalStatus'
  ],
  [
    'null in a list of values without extensions',
    { name: [{ given: [null, 'b'] }] },
    'r4-empty Patient.name[0].given[0]'
  ],
  [
    'null on both sides',
    { name: [{ given: ['a', null], _given: [null, null] }] },
    'r4-empty Patient.name[0].given[1]',
    'r4-empty Patient.name[0].given[1]'
  ],
  ['extensions with an id alone and no value', { _birthDate: { id: 'a' } }, 'r4-empty Patient.birthDate'],
  ['two of a choice', { multipleBirthBoolean: true, multipleBirthInteger: 1 }, 'r4-choice Patient.multipleBirth'],
  [
    'two of a choice, one by its extensions',
    { deceasedBoolean: true, _deceasedDateTime: masked },
    'r4-choice Patient.deceased'
  ],
  ['a code that is not of the value set', { gender: 'man' }, 'binding-required Patient.gender'],
  ['a day that no calendar has', { birthDate: '2026-02-29' }, 'r4-primitive Patient.birthDate'],
  ['a time without seconds', { deceasedDateTime: '2026-02-01T10:00+09:00' }, 'r4-primitive Patient.deceased'],
  ['control characters', { name: [{ text: 'a\u0001' }] }, 'r4-primitive Patient.name[0].text'],
  ['spaces alone', { name: [{ text: ' \u3000' }] }, 'r4-primitive Patient.name[0].text'],
  ['an integer that is none', { multipleBirthInteger: 1.5 }, 'r4-primitive Patient.multipleBirth'],
  ['an integer of more than 32 bits', { multipleBirthInteger: 2 ** 31 }, 'r4-primitive Patient.multipleBirth'],
  [
    'base64 that does not encode to itself',
    { photo: [{ contentType: 'image/png', data: 'QUJ=' }] },
    'r4-primitive Patient.photo[0].data'
  ],
  ['an id with other characters', { id: 'a_b' }, 'r4-primitive Patient.id'],
  [
    'a script in the narrative',
    { text: { status: 'generated', div: div('<script>a</script>') } },
    'r4-primitive Patient.text.div'
  ],
  ['an extension without url', { extension: [{ valueCode: 'a' }] }, 'r4-min Patient.extension[0].url'],
  [
    'an extension with neither value nor extensions',
    { extension: [{ url: 'http://example.org/x' }] },
    'r4-ext-1 Patient.extension[0]'
  ],
  [
    'an extension with both',
    { extension: [{ url: 'http://example.org/x', valueCode: 'a', ...masked }] },
    'r4-ext-1 Patient.extension[0]'
  ],
  [
    'an extension of a value with nothing in it',
    { _birthDate: { extension: [{ url: 'a' }] } },
    'r4-ext-1 Patient.birthDate.extension[0]'
  ],
  [
    'an extension whose value has a wrong type',
    { extension: [{ url: 'a', valueCode: 1 }] },
    'r4-type Patient.extension[0].value'
  ],
  [
    'an extension whose value R4 does not know',
    { extension: [{ url: 'a', valueMagic: 1 }] },
    'r4-unknown-element Patient.extension[0].value',
    'r4-ext-1 Patient.extension[0]'
  ],
  [
    'a modifier extension',
    { modifierExtension: [{ url: 'http://example.org/x', valueBoolean: true }] },
    'r4-modifier-extension Patient.modifierExtension'
  ],
  ['implicit rules', { implicitRules: 'http://example.org/x' }, 'r4-implicit-rules Patient.implicitRules'],
  [
    'a contained resource that nobody has defined',
    { contained: [{ resourceType: 'Nonsense' }] },
    'r4-resource-type Patient.contained[0]',
    'r4-dom-3 Patient'
  ],
  [
    'an abstract resource',
    { contained: [{ resourceType: 'DomainResource' }] },
    'r4-resource-type Patient.contained[0]',
    'r4-dom-3 Patient'
  ],
  [
    'a data type as a resource',
    { contained: [{ resourceType: 'Period' }] },
    'r4-resource-type Patient.contained[0]',
    'r4-dom-3 Patient'
  ]
]
