import { bundleIdentifierSystem, documentIdSystem } from '../document/canonical.ts'
import type { Rule } from './findings.ts'

function rule(key: string, ja: string, en: string, fixJa: string, fixEn: string, code = 'structure'): Rule {
  return { key: `profile-${key}`, code, text: { ja, en }, fix: { ja: fixJa, en: fixEn } }
}

/** One rule for each resource type of which a document has one. */
const one = (type: string): Rule =>
  rule(
    'count',
    `${type} は文書に一つだけ必要です。`,
    `A document has exactly one ${type}.`,
    `${type} の entry を一つにしてください。`,
    `Give one entry with a ${type}.`
  )

/** What our document profile asks beyond FHIR R4 (contract §6.1), in the order in which it is checked. */
export const documentRules = {
  bundleType: rule(
    'type',
    'Bundle の type が document ではありません。',
    'The Bundle is not of the type document.',
    'type を document にしてください。',
    'Set type to document.'
  ),
  identifierSystem: rule(
    'identifier',
    '文書識別子の system が正しくないか、値がありません。',
    'The system of the document identifier is not the one to use here, or there is no value.',
    `病院は ${bundleIdentifierSystem}、その他は ${documentIdSystem} を使ってください。`,
    `Hospitals use ${bundleIdentifierSystem}, all others ${documentIdSystem}.`,
    'value'
  ),
  entries: rule(
    'entries',
    '文書の entry が 100 を超えています。',
    'The document has more than 100 entries.',
    '文書に属する entry だけを残してください。',
    'Leave only the entries that belong to the document.',
    'too-costly'
  ),
  entryType: rule(
    'entry-type',
    'この文書に入れられる資源ではありません。',
    'No such resource belongs into a document.',
    'Composition、QuestionnaireResponse、Patient、Practitioner、PractitionerRole、Organization だけを入れてください。',
    'Leave only Composition, QuestionnaireResponse, Patient, Practitioner, PractitionerRole and Organization.'
  ),
  fullUrl: rule(
    'full-url',
    'fullUrl が小文字の urn:uuid: ではありません。',
    'The fullUrl is not a lower-case urn:uuid:.',
    'entry ごとに新しい urn:uuid: を fullUrl に書いてください。',
    'Give each entry a fullUrl of its own, a urn:uuid:.',
    'value'
  ),
  idClash: rule(
    'id-clash',
    '同じ種類の二つの資源が同じ id を持っています。',
    'Two resources of one type have the same id.',
    'id を重ならないようにするか、除いてください。',
    'Give different ids, or none.',
    'value'
  ),
  oneComposition: one('Composition'),
  oneResponse: one('QuestionnaireResponse'),
  onePatient: one('Patient'),
  organization: rule(
    'count',
    'Organization がありません。',
    'A document has at least one Organization.',
    '作成者の組織を Organization として入れてください。',
    'Add the organisation of the author as an Organization.'
  ),
  attachment: rule(
    'attachment',
    '様式の外の写真、添付、内包された資源(contained)は入れられません。',
    'No photo, attachment or contained resource stands in a document outside the form.',
    'これを除いてください。',
    'Leave it out.'
  ),
  kind: rule(
    'kind',
    'Composition.type に、知られている文書の種類がちょうど一つありません。',
    'Composition.type does not hold exactly one known kind of document.',
    'CodeSystem/document-kind の符号を一つ書いてください。',
    'Put one code of CodeSystem/document-kind there.',
    'code-invalid'
  ),
  status: rule(
    'status',
    'この状態の文書は受け付けません。',
    'A document in this state is not accepted.',
    'Composition は final、回答は completed か amended にしてください。',
    'Let the Composition be final, the response completed or amended.',
    'value'
  ),
  subject: rule(
    'subject',
    '文書の Patient を参照していません。',
    'This does not refer to the Patient of the document.',
    'Patient の fullUrl を参照してください。',
    'Refer to the fullUrl of the Patient.',
    'value'
  ),
  author: rule(
    'author',
    '作成者に、文書の中の Practitioner も Organization もありません。',
    'No author is a Practitioner or Organization of the document.',
    'author から Practitioner または Organization を参照してください。',
    'Refer from author to a Practitioner or an Organization.',
    'value'
  ),
  responseAuthor: rule(
    'author',
    '回答の作成者が、文書の作成者ではありません。',
    'The author of the response is none of the authors of the document.',
    '回答の author を Composition の author に合わせるか、除いてください。',
    'Let the author of the response be one of the Composition, or leave it out.',
    'value'
  ),
  custodian: rule(
    'custodian',
    'custodian が文書の中の Organization を参照していません。',
    'The custodian is not an Organization of the document.',
    'custodian から Organization の fullUrl を参照してください。',
    'Refer from custodian to the fullUrl of an Organization.',
    'value'
  ),
  case: rule(
    'case',
    'Composition.event.detail に、ケースの識別子がちょうど一つありません。',
    'Composition.event.detail does not name exactly one case.',
    'IdSystem/case の識別子を一つ書いてください。',
    'Put one identifier of IdSystem/case there.',
    'value'
  ),
  section: rule(
    'section',
    '回答を一つだけ含む節がちょうど一つ必要で、ほかには送付先(910)と送付元(920)の節だけを置けます。',
    'There is exactly one section with the response alone; beside it only 910 (recipient) and 920 (sender) may stand.',
    '節を直し、節の中の節を除いてください。',
    'Correct the sections; leave out sections within sections.'
  ),
  relatesTo: rule(
    'relates-to',
    '関連する文書は replaces か appends で、その識別子(targetIdentifier)により示します。置き換えるのは一つだけです。',
    'Other documents are named by targetIdentifier, as replaces (once) or appends.',
    'targetIdentifier に system と value を書いてください。',
    'Give targetIdentifier with system and value.',
    'value'
  ),
  formVersion: rule(
    'form-version',
    '回答の様式が、この種類の文書の知られている版ではありません。',
    'The form of the response is no known version for this kind of document.',
    'questionnaire に「URL|版」を書いてください。',
    'Put url|version into questionnaire.',
    'not-found'
  ),
  caseSubject: rule(
    'case-subject',
    'Patient に、ケースの本人識別子がちょうど一つありません。',
    'The Patient does not have exactly one case subject identifier.',
    'IdSystem/case-subject の識別子を一つ書いてください。',
    'Give one identifier of IdSystem/case-subject.',
    'value'
  ),
  reference: rule(
    'reference',
    '参照先が文書の中にありません。',
    'The reference does not resolve inside the document.',
    '文書の中の entry の fullUrl を参照してください。',
    'Refer to the fullUrl of an entry of the document.',
    'not-found'
  ),
  unreachable: rule(
    'unreachable',
    'Composition からたどれない entry です。',
    'The Composition does not lead to this entry.',
    'Composition から参照するか、除いてください。',
    'Refer to it from the Composition, or leave it out.'
  )
} as const satisfies Readonly<Record<string, Rule>>
