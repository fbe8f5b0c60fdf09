/** What is typed and chosen by hand in a browser, and what a response must then hold. */
export interface Typed {
  readonly linkId: string
  /** typed into the field; or the display of the option that is clicked */
  readonly type?: string
  readonly choose?: string
  readonly answer: Readonly<Record<string, unknown>>
}

const coding = (list: string, code: string, display: string) => ({
  valueCoding: { system: `https://ryoritsu.example/fhir/CodeSystem/${list}`, code, display }
})

/** Dates stand as LHC-Forms wants them typed. Each form gets a text, a choice and a date at least. */
export const typed: Readonly<Record<string, readonly Typed[]>> = {
  'opinion-return-2026': [
    { linkId: 'or.patient.name', type: '両立 太郎', answer: { valueString: '両立 太郎' } },
    { linkId: 'or.patient.birthDate', type: '05/01/1980', answer: { valueDate: '1980-05-01' } },
    { linkId: 'or.opinion', choose: '条件付き可', answer: coding('return-opinion', 'conditional', '条件付き可') },
    { linkId: 'or.measures', type: '残業を避ける', answer: { valueString: '残業を避ける' } }
  ],
  'work-information-2026': [
    { linkId: 'wi.worker.name', type: '両立 花子', answer: { valueString: '両立 花子' } },
    { linkId: 'wi.worker.birthDate', type: '12/31/1975', answer: { valueDate: '1975-12-31' } },
    { linkId: 'wi.duties.text', type: '検査\n夜勤あり', answer: { valueString: '検査\n夜勤あり' } },
    { linkId: 'wi.shift', choose: '二交替勤務', answer: coding('work-shift', 'two-shift', '二交替勤務') },
    { linkId: 'wi.commute.method', choose: '自動車', answer: coding('commute-method', 'car', '自動車') },
    { linkId: 'wi.hours.daysPerWeek', type: '4', answer: { valueInteger: 4 } }
  ]
}
