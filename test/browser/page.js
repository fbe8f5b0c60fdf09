/* global LForms */
// What the page does with a form; the script beside it calls these.
const container = 'form'

globalThis.forms = {
  /** Shows the form, with the answers of a response if there is one. */
  async show(questionnaire, response) {
    const form = LForms.Util.convertFHIRQuestionnaireToLForms(questionnaire, 'R4')
    const filled = response ? LForms.Util.mergeFHIRDataIntoLForms(response, form, 'R4') : form
    await LForms.Util.addFormToPage(filled, container)
  },

  response: () => LForms.Util.getFormFHIRData('QuestionnaireResponse', 'R4', '#form')
}
