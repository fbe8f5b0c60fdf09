Profile: RyoritsuConsent
Parent: Consent
Id: ryoritsu-consent
Title: "Ryoritsu consent"
Description: "A consent of the worker, after IHE PCF Advanced: denied but for what a nested provision permits. Kinds of documents stand in the nested class, which PCF forbids only at the root; items in securityLabel, by disclosure class or one by one."
* extension contains Replaces named replaces 0..1 and RecordedBy named recordedBy 0..1
* scope = $consentscope#patient-privacy
* category 1..*
* patient 1..1
* patient.identifier 1..1
* patient.identifier.system 1..1
* patient.identifier.system = "https://ryoritsu.example/fhir/IdSystem/case-subject" (exactly)
* patient.identifier.value 1..1
* dateTime 1..1
* performer 1..*
* organization 1..*
* source[x] 1..1
* policy 1..*
* policy.uri 1..1
* verification 0..0
* provision 1..1
* provision.type 1..1
* provision.type = #deny (exactly)
* provision.period 1..1
* provision.period.start 1..1
* provision.period.end 1..1
* provision.action 0..0
* provision.class 0..0
* provision.code 0..0
* provision.provision 1..*
* provision.provision obeys ryo-consent-kind
* provision.provision.extension contains Withholding named withholding 0..1
* provision.provision.type 1..1
* provision.provision.period 1..1
* provision.provision.period.start 1..1
* provision.provision.period.end 1..1
* provision.provision.actor 1..*
* provision.provision.actor.role = $participation#IRCP
* provision.provision.purpose 1..*
* provision.provision.purpose from $purpose (required)
* provision.provision.class from $document-kind (required)
* provision.provision.provision 0..0

Invariant: ryo-consent-kind
Description: "What is released names the kinds of documents."
Severity: #error
Expression: "class.exists() or purpose.where(code = 'custody').exists()"
