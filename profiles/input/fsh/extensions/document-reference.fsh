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

Extension: TimeStamp
Id: timestamp
Title: "Time-stamp"
Description: "The RFC 3161 time-stamp over the author's signature: its time is the signing time. Without one that is the time of receipt, which is `date`."
Context: DocumentReference
* extension contains
    time 1..1 and
    accuracy 1..1 and
    policy 1..1 and
    authority 1..1 and
    token 1..1
* extension[time].url 1..1
* extension[time].value[x] 1..1
* extension[time].value[x] only instant
* extension[accuracy] ^short = "Milliseconds either way; 0 where the authority states none"
* extension[accuracy].url 1..1
* extension[accuracy].value[x] 1..1
* extension[accuracy].value[x] only unsignedInt
* extension[policy] ^short = "Policy of the authority"
* extension[policy].url 1..1
* extension[policy].value[x] 1..1
* extension[policy].value[x] only oid
* extension[authority] ^short = "Subject of the authority's certificate (RFC 4514)"
* extension[authority].url 1..1
* extension[authority].value[x] 1..1
* extension[authority].value[x] only string
* extension[token] ^short = "Where the reply with the token lies (application/timestamp-reply)"
* extension[token].url 1..1
* extension[token].value[x] 1..1
* extension[token].value[x] only url

Extension: SignatureAssurance
Id: signature-assurance
Title: "Assurance of the signature"
Description: "What stands behind the author's signature over the original, as author and worker read it: level, revocation when it signed, and whether the document may be called 診断書."
Context: DocumentReference
* extension contains
    level 1..1 and
    revocation 0..1 and
    medical-certificate 1..1
* extension[level].url 1..1
* extension[level].value[x] 1..1
* extension[level].value[x] only code
* extension[level].valueCode from $signature-assurance (required)
* extension[revocation].url 1..1
* extension[revocation].value[x] 1..1
* extension[revocation].value[x] only code
* extension[revocation].valueCode from $revocation-status (required)
* extension[medical-certificate] ^short = "Whether the document may be called 診断書"
* extension[medical-certificate].url 1..1
* extension[medical-certificate].value[x] 1..1
* extension[medical-certificate].value[x] only boolean

Extension: SignatureTime
Id: signature-time
Title: "Signing time"
Description: "When the author's signature counts as made: the time of its time-stamp, else that of its receipt; never what the signer claims."
Context: DocumentReference
* value[x] 1..1
* value[x] only instant
