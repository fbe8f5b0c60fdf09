Profile: RyoritsuComposition
Parent: Composition
Id: ryoritsu-composition
Title: "Ryoritsu composition"
Description: "Head of a document of 両立支援, after the skeleton of JP-CLINS eReferral with our own type codes. The case stands in event.detail."
* contained 0..0
* status = #final (exactly)
* type from $document-kind (required)
* type.coding 1..*
* subject 1..1
* subject only Reference(Patient)
* author only Reference(Practitioner or PractitionerRole or Organization)
* custodian 1..1
* event 1..1
* event.code 1..*
* event.detail 1..1
* event.detail.identifier 1..1
* event.detail.identifier.system 1..1
* event.detail.identifier.system = "https://ryoritsu.example/fhir/IdSystem/case" (exactly)
* event.detail.identifier.value 1..1
* section 1..*
