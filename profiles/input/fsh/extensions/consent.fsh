Extension: Withholding
Id: withholding
Title: "Withholding"
Description: "How what is not released looks to the recipient: marked or silent."
Context: Consent.provision
* value[x] 1..1
* value[x] only code
* valueCode from $withholding (required)

Extension: Replaces
Id: replaces
Title: "Replaces"
Description: "The consent that this one ends."
Context: Consent
* value[x] 1..1
* value[x] only Reference(Consent)

Extension: RecordedBy
Id: recorded-by
Title: "Recorded by"
Description: "Who recorded a consent given on paper."
Context: Consent
* value[x] 1..1
* value[x] only Reference(PractitionerRole)
