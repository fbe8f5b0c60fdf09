import { existsSync } from 'node:fs'
import type { Questionnaire, QuestionnaireResponse, QuestionnaireResponseItem } from '@medplum/fhirtypes'
import { type Browser, chromium, type Page } from 'playwright-core'
import { compileForm } from '../../src/forms/compile.ts'
import { type Form, type Item, isQuestion } from '../../src/forms/form.ts'
import { questionnaires } from '../forms/forms.ts'
import { lhcForms } from './package.ts'
import { responsesTo } from './responses.ts'
import { serve } from './serve.ts'
import { type Typed, typed } from './typed.ts'

/**
 * Shows every form in LHC-Forms, a filler that is not ours, in a real browser: empty, with merged answers, and filled by hand.
 * What comes back is judged by our own check and compared with what went in. Prints a line for each form; exits 1 with a list
 * of all faults.
 */
interface PageForms {
  readonly forms: {
    readonly show: (questionnaire: Questionnaire, response?: QuestionnaireResponse) => Promise<void>
    readonly response: () => QuestionnaireResponse
  }
}

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

const faults: string[] = []
let questions = 0
let current = ''
let answersCompared = 0

function launch(): Promise<Browser> {
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(path => existsSync(path))
  if (executablePath === undefined) throw new Error('no chromium is installed')
  return chromium.launch({ executablePath, args: flags })
}

const fault = (text: string) => faults.push(`${current}: ${text}`)

/** The page is loaded once: that takes longer than all that a form does. */
async function open(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage()
  page.setDefaultTimeout(30_000)
  page.on('console', message => message.type() === 'error' && fault(`console: ${message.text()}`))
  page.on('pageerror', error => fault(`page: ${error.message}`))
  await page.goto(url)
  await page.waitForFunction('globalThis.forms !== undefined && globalThis.LForms?.FHIR?.R4 !== undefined')
  return page
}

async function tryForm(page: Page, questionnaire: Questionnaire): Promise<void> {
  const name = String(questionnaire.id)
  current = name
  const form = compileForm(questionnaire)
  const before = answersCompared
  try {
    const shown = await tryEmpty(page, questionnaire, form)
    for (const response of responsesTo(form)) await tryMerged(page, questionnaire, form, response)
    const byHand = typed[name] ?? []
    if (byHand.length > 0) await tryTyped(page, questionnaire, form, byHand)
    questions += shown
    const hand = byHand.length > 0 ? `, ${byHand.length} of them by hand` : ''
    process.stdout.write(`${name}: ${shown} questions rendered, ${answersCompared - before} answers compared${hand}\n`)
  } catch (error) {
    fault(String(error))
  }
}

const show = (page: Page, questionnaire: Questionnaire, response?: QuestionnaireResponse) =>
  page.evaluate(([form, answers]) => (globalThis as unknown as PageForms).forms.show(form, answers), [
    questionnaire,
    response
  ] as const)

const takeBack = (page: Page) => page.evaluate(() => (globalThis as unknown as PageForms).forms.response())

async function textsOn(page: Page): Promise<string> {
  // biome-ignore lint/performance/useDomNodeTextContent: what is hidden is not on the page
  return plain(await page.locator('#form').innerText())
}

const plain = (text: string): string => text.replace(/\s+/gu, ' ')

/** An item of the form is on the page as an element of its own, with its label in it. */
async function isShown(page: Page, item: Item): Promise<boolean> {
  const element = page.locator(`[id="item-${item.linkId}/1"], [id="item-${item.linkId}/1/1"]`).first()
  // biome-ignore lint/performance/useDomNodeTextContent: what is hidden is not on the page
  return (await element.count()) > 0 && plain(await element.innerText()).includes(plain(item.text ?? '').trim())
}

async function tryEmpty(page: Page, questionnaire: Questionnaire, form: Form): Promise<number> {
  await show(page, questionnaire)
  if (!(await textsOn(page)).includes(plain(form.title))) fault('its title is not on the page')
  const isUnconditional = (item: Item | undefined): boolean =>
    !item || (item.enableWhen.length === 0 && isUnconditional(item.parent))
  let shown = 0
  for (const item of form.items) {
    if (item.type === 'display' || !isUnconditional(item)) continue
    if (!(await isShown(page, item))) fault(`${item.linkId} is not on the page`)
    else if (isQuestion(item)) shown++
  }
  return shown
}

async function tryMerged(
  page: Page,
  questionnaire: Questionnaire,
  form: Form,
  response: QuestionnaireResponse
): Promise<void> {
  report(form, response, 'what goes in')
  await show(page, questionnaire, response)
  const text = await textsOn(page)
  for (const { item } of leaves(response.item)) {
    const label = plain(form.item(item.linkId)?.text ?? '').trim()
    if (!text.includes(label)) fault(`the label of ${item.linkId} is not on the page`)
  }
  const back = await takeBack(page)
  if (back.status !== 'completed') fault(`what comes back is ${back.status}`)
  report(form, back, 'what comes back')
  compare(response.item, back.item)
}

/** Judges a response as it is, nothing added to it or taken from it. */
function report(form: Form, response: QuestionnaireResponse, what: string): void {
  if (response.questionnaire !== form.canonical) fault(`${what} names ${response.questionnaire}`)
  for (const { severity, rule, expression } of form.check(response, { root: 'QuestionnaireResponse' })) {
    if (severity === 'error') fault(`${what}: ${rule} at ${expression}`)
  }
}

/** Every item with answers, in order. */
function leaves(
  items: readonly QuestionnaireResponseItem[] = [],
  path = ''
): readonly { readonly path: string; readonly item: QuestionnaireResponseItem }[] {
  return items.flatMap((item, at) => {
    const inner = [...(item.item ?? []), ...(item.answer ?? []).flatMap(answer => answer.item ?? [])]
    const nth = items.slice(0, at).filter(each => each.linkId === item.linkId).length
    const place = `${path}/${item.linkId}[${nth}]`
    return [...(item.answer ? [{ path: place, item }] : []), ...leaves(inner, place)]
  })
}

const valuesAt = (items: readonly QuestionnaireResponseItem[] | undefined): ReadonlyMap<string, string> =>
  new Map(
    leaves(items).map(({ path, item }) => [
      path,
      JSON.stringify(item.answer?.map(({ item: _, ...value }) => Object.entries(value).map(sorted)))
    ])
  )

const sorted = ([key, value]: [string, unknown]): unknown =>
  typeof value === 'object' && value !== null ? [key, Object.entries(value).sort()] : [key, value]

function compare(
  sent: readonly QuestionnaireResponseItem[] | undefined,
  back: readonly QuestionnaireResponseItem[] | undefined
): void {
  const [expected, found] = [valuesAt(sent), valuesAt(back)]
  for (const path of new Set([...expected.keys(), ...found.keys()])) {
    answersCompared++
    if (expected.get(path) !== found.get(path)) fault(`${path}: ${expected.get(path)} became ${found.get(path)}`)
  }
}

async function tryTyped(page: Page, questionnaire: Questionnaire, form: Form, all: readonly Typed[]): Promise<void> {
  await show(page, questionnaire)
  for (const { linkId, type, choose } of all) {
    const item = page.locator(`[id="item-${linkId}/1"]`)
    if (choose !== undefined) await item.locator('label.lhc-answer, label').filter({ hasText: choose }).last().click()
    else {
      const field = item.locator('input, textarea').first()
      await field.click()
      await field.fill(type ?? '')
      // leaving the field is what makes LHC-Forms take a date
      await field.press('Tab')
    }
  }
  const back = await takeBack(page)
  const expected = all.map(({ linkId, answer }) => ({ linkId, answer: [answer] }))
  const order = (linkId: string) => form.item(linkId)?.index ?? 0
  expected.sort((one, other) => order(one.linkId) - order(other.linkId))
  compare(expected, back.item)
  // only so much was filled in: judged as the draft that it is, whatever LHC-Forms calls it
  report(form, { ...back, status: 'in-progress' }, 'what was typed')
}

const { server, url } = await serve(lhcForms())
try {
  const browser = await launch()
  try {
    const page = await open(browser, url)
    for (const questionnaire of questionnaires) await tryForm(page, questionnaire)
  } finally {
    await browser.close()
  }
} finally {
  server.closeAllConnections()
  server.close()
}
process.stdout.write(`${questionnaires.length} forms, ${questions} questions, ${answersCompared} answers compared\n`)
if (faults.length > 0) process.stdout.write(`${faults.length} faults:\n${faults.join('\n')}\n`)
process.exitCode = faults.length > 0 || questionnaires.length === 0 || answersCompared === 0 ? 1 : 0
