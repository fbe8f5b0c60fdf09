/** What a visitor reads when the stories are over. */
export function howToCall(baseUrl: string, files: ReadonlyMap<string, string>): string {
  return `
still up: ${baseUrl} (Ctrl-C stops it)

anyone may ask
  curl ${baseUrl}/fhir/metadata                      what it offers
  curl ${baseUrl}/docs                               plain JSON routes, for people
  curl '${baseUrl}/fhir/Questionnaire?version=2026'  the forms
  curl ${baseUrl}/log/checkpoint                     head of the log
  curl -O ${baseUrl}/log/checkpoint.tsr              the time-stamp over ${baseUrl}/log/checkpoint.stamped

each of these knows a case that waits for an opinion: keys, ids, scopes, caseId, caseSubject
${[...files].map(([name, file]) => `  ${name.padEnd(17)}${file}`).join('\n')}

a token and a call as one of them
  npx node test/sandbox/call.ts ${files.get('hospital')} GET /fhir/EpisodeOfCare
  npx node test/sandbox/call.ts ${files.get('worker')} GET '/fhir/DocumentReference?status=current'
`
}
