import { existsSync } from 'node:fs'
import { chromium, type Page } from 'playwright-core'
import { case1 } from '../../fixtures/cases/1-colorectal-cancer-sales.ts'
import { freePort, startGateway } from '../parties/gateway.ts'
import { registerTown } from '../parties/register.ts'
import { openCase } from '../parties/story.ts'

/**
 * A worker with a real browser and its virtual authenticator (WebDriver WebAuthn, over CDP): takes the invitation, logs out and in, steps up,
 * gets a token. What the browser itself does to origin, cookie, `Origin` and `Sec-Fetch-Site` is what the tests of the tree pretend.
 * Exits 1 where any step answers something else.
 */
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(path => existsSync(path))
if (executablePath === undefined) throw new Error('no chromium is installed')

interface Step {
  readonly status: number
  readonly body: { readonly role?: string; readonly account?: string; readonly scope?: string }
}

// browsers make passkeys for names, not for addresses
const port = await freePort()
const origin = `http://localhost:${port}`
const running = await startGateway({ port, publicUrl: origin })
const town = await registerTown({ ...running, baseUrl: origin }, case1)
const { invitation } = await openCase(town.hr, case1)
const browser = await chromium.launch({ executablePath, args: flags })
const faults: string[] = []
try {
  // the page there allows nothing; what runs below is ours, on its origin
  const page = await (await browser.newContext({ bypassCSP: true })).newPage()
  page.setDefaultTimeout(30_000)
  await withAuthenticator(page)
  await page.goto(`${origin}/docs`)

  const registered = await ceremony(page, 'registration', { code: invitation, name: 'Chromium' })
  expect('registration', registered, 201)
  const cookies = await page.context().cookies()
  const cookie = cookies.find(({ name }) => name === 'ryoritsu')
  if (!cookie?.httpOnly || cookie.sameSite !== 'Strict') faults.push('the cookie is not HttpOnly and SameSite=Strict')
  if ((await page.evaluate('document.cookie')) !== '') faults.push('a script of the page sees the cookie')
  expect('who', await call(page, 'GET', '/session'), 200)
  expect('logout', await call(page, 'POST', '/session/logout'), 200)
  expect('after the logout', await call(page, 'GET', '/session'), 401)
  const login = await ceremony(page, 'login', {})
  expect('login', login, 200)
  if (login.body.account !== registered.body.account) faults.push('another account')
  expect('step-up', await ceremony(page, 'step-up', {}), 200)
  const token = await call(page, 'POST', '/session/token', {})
  expect('token', token, 200)
  if (!token.body.scope?.includes('system/Consent.c')) faults.push('the token does not let a worker release')

  const elsewhere = await (await browser.newContext({ bypassCSP: true })).newPage()
  // the same gateway under another name is another site
  await elsewhere.goto(`${running.baseUrl}/docs`)
  const foreign = await elsewhere.evaluate(
    `fetch(${JSON.stringify(`${origin}/session`)}, { credentials: 'include', headers: { 'x-ryoritsu-session': '1' } }).then(() => 'read', () => 'kept away')`
  )
  if (foreign !== 'kept away') faults.push('another site reads /session')
} finally {
  await browser.close()
  await Promise.all(Object.values(town).map(party => party.close()))
  await running.stop()
}
for (const fault of faults) process.stdout.write(`FAULT ${fault}\n`)
process.stdout.write(`passkeys in Chromium: ${faults.length === 0 ? 'no fault' : `${faults.length} faults`}\n`)
process.exitCode = faults.length === 0 ? 0 : 1

function expect(step: string, { status, body }: Step, wanted: number): void {
  if (status !== wanted) faults.push(`${step}: ${status} instead of ${wanted}: ${JSON.stringify(body)}`)
}

async function withAuthenticator(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true
    }
  })
}

function call(page: Page, method: string, path: string, body?: object): Promise<Step> {
  const init = {
    method,
    headers: { 'x-ryoritsu-session': '1', ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) })
  }
  return page.evaluate(
    `fetch(${JSON.stringify(path)}, ${JSON.stringify(init)}).then(async answer => ({ status: answer.status, body: await answer.json() }))`
  )
}

/** Asks for options, lets the browser answer, sends the answer: as a page of the gateway does it. */
async function ceremony(page: Page, name: 'registration' | 'login' | 'step-up', sent: object): Promise<Step> {
  const isNew = name === 'registration'
  const { code } = sent as { code?: string }
  const path = `/session/${name}/options`
  const options = isNew ? await call(page, 'POST', path, { code }) : await call(page, 'GET', path)
  if (options.status !== 200) return options
  const parse = isNew ? 'parseCreationOptionsFromJSON' : 'parseRequestOptionsFromJSON'
  const response = (await page.evaluate(
    `navigator.credentials.${isNew ? 'create' : 'get'}({ publicKey: PublicKeyCredential.${parse}(${JSON.stringify(options.body)}) }).then(made => made.toJSON())`
  )) as object
  return call(page, 'POST', `/session/${name}`, { ...sent, response })
}
