Extension: CaseState
Id: case-state
Title: "Case state"
Description: "State of the case: the fine one for the worker, a coarse one for everybody else."
Context: EpisodeOfCare
* value[x] 1..1
* value[x] only code
* valueCode from $case-state (required)
