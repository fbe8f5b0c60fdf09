Extension: Receipt
Id: receipt
Title: "Receipt"
Description: "The gateway's receipt as compact JWS: what was recorded, when, and where in the log."
Context: DocumentReference, Consent
* value[x] 1..1
* value[x] only string

Extension: Assurance
Id: assurance
Title: "Assurance"
Description: "Who vouches for the bytes that this reader gets."
Context: DocumentReference
* value[x] 1..1
* value[x] only code
* valueCode from $assurance (required)

Extension: SdJwt
Id: sd-jwt
Title: "SD-JWT"
Description: "Where the author's SD-JWT with the disclosures of what was released lies."
Context: DocumentReference
* value[x] 1..1
* value[x] only url

Extension: Delivery
Id: delivery
Title: "Delivery"
Description: "How far the document got to one recipient."
Context: DocumentReference
* extension contains
    recipient 1..1 and
    state 1..1
* extension[recipient].url 1..1
* extension[recipient].value[x] 1..1
* extension[recipient].value[x] only Reference(PractitionerRole)
* extension[state].url 1..1
* extension[state].value[x] 1..1
* extension[state].value[x] only code
* extension[state].valueCode from $delivery-state (required)
