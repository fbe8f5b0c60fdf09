Profile: RyoritsuDocument
Parent: Bundle
Id: ryoritsu-document
Title: "Ryoritsu document"
Description: "One document of 両立支援: a Composition, one QuestionnaireResponse and those whom they name. A document carries health information in its response and nowhere else, so that the worker decides about all of it; other entries are refused since they would not reach any recipient."
* obeys ryo-document-section
* identifier 1..1
* identifier.system 1..1
* identifier.value 1..1
* type = #document (exactly)
* timestamp 1..1
* entry 4..*
* entry ^slicing.discriminator.type = #type
* entry ^slicing.discriminator.path = "resource"
* entry ^slicing.rules = #closed
* entry.fullUrl 1..1
* entry.resource 1..1
* entry contains
    composition 1..1 and
    response 1..1 and
    patient 1..1 and
    organization 1..* and
    practitioner 0..* and
    practitionerRole 0..* and
    encounter 0..1
* entry[composition].resource only RyoritsuComposition
* entry[response].resource only RyoritsuResponse
* entry[patient].resource only Patient
* entry[organization].resource only Organization
* entry[practitioner].resource only Practitioner
* entry[practitionerRole].resource only PractitionerRole
* entry[encounter].resource only Encounter
// Deposit demands a signature; a draft has none yet.
* signature 0..1
* signature.targetFormat 1..1
* signature.sigFormat 1..1
* signature.sigFormat = #application/jose (exactly)
* signature.data 1..1

Invariant: ryo-document-section
Description: "The response stands in a section of the Composition."
Severity: #error
Expression: "entry.where(resource is QuestionnaireResponse).fullUrl in entry.resource.ofType(Composition).section.entry.reference"
