Extension: DisclosureClass
Id: disclosure-class
Title: "Disclosure class"
Description: "The class by which consents name the item. Each group and question of a form has exactly one."
Context: Questionnaire.item
* value[x] 1..1
* value[x] only Coding
* valueCoding from $disclosure-class (required)

Extension: RequiredWhen
Id: required-when
Title: "Required when"
Description: "The item, which may always be answered, must be where the other question was answered with this code, or answered at all. Of several, any one suffices."
Context: Questionnaire.item
* obeys ryo-required-when
* extension contains
    question 1..1 and
    code 0..1 and
    exists 0..1
* extension[question].url 1..1
* extension[question].value[x] 1..1
* extension[question].value[x] only string
* extension[question] ^short = "linkId of the other question"
* extension[code].url 1..1
* extension[code].value[x] 1..1
* extension[code].value[x] only code
* extension[exists].url 1..1
* extension[exists].value[x] 1..1
* extension[exists].valueBoolean = true (exactly)

Invariant: ryo-required-when
Description: "Either a code or exists."
Severity: #error
Expression: "extension.where(url = 'code').exists() xor extension.where(url = 'exists').exists()"

Extension: NotBefore
Id: not-before
Title: "Not before"
Description: "linkId of the question whose date this one may not precede."
Context: Questionnaire.item
* value[x] 1..1
* value[x] only string

Extension: OptionGroup
Id: option-group
Title: "Option group"
Description: "Heading under which the printed form lists the option."
Context: Questionnaire.item.answerOption
* value[x] 1..1
* value[x] only string
