Profile: RyoritsuResponse
Parent: QuestionnaireResponse
Id: ryoritsu-response
Title: "Ryoritsu response"
Description: "The answers of a document, on a version of one of our forms or view forms."
* contained 0..0
* questionnaire 1..1
* obeys ryo-response-form and ryo-response-status
* subject only Reference(Patient)
* item 1..*

Invariant: ryo-response-form
Description: "The form is named with its version."
Severity: #error
Expression: "questionnaire.matches('^https://ryoritsu[.]example/fhir/Questionnaire/[a-z-]+[|][0-9]+$')"

Invariant: ryo-response-status
Description: "A document holds a finished response."
Severity: #error
Expression: "status = 'completed' or status = 'amended'"
