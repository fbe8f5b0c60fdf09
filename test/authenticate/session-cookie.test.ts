import { randomBytes } from 'node:crypto'
import t from 'tap'
import {
  noSessionCookie,
  requireSameOrigin,
  sessionCookie,
  sessionToken
} from '../../src/authenticate/session-cookie.ts'
import { Refusal } from '../../src/outcome/refusal.ts'

const https = 'https://gateway.example'
const loopback = 'http://localhost:8080'
const token = randomBytes(32).toString('base64url')

t.test('the cookie is bound to host, path and TLS, and no script or other site has it', async t => {
  t.equal(sessionCookie(https, token), `__Host-ryoritsu=${token}; Path=/; HttpOnly; SameSite=Strict; Secure`)
  t.equal(sessionCookie(loopback, token), `ryoritsu=${token}; Path=/; HttpOnly; SameSite=Strict`)
  t.match(noSessionCookie(https), /^__Host-ryoritsu=; .*Max-Age=0$/u)
})

t.test('the one token of the one cookie is taken, and nothing beside it', async t => {
  const read = (cookie: string | undefined) => sessionToken({ cookie }, https)
  t.equal(read(`__Host-ryoritsu=${token}`), token)
  t.equal(read(`other=1; __Host-ryoritsu=${token}; more=2`), token)
  for (const cookie of [
    undefined,
    '',
    `ryoritsu=${token}`,
    `__Host-ryoritsu=`,
    `__Host-ryoritsu=${token}x`,
    `__Host-ryoritsu=${token}; __Host-ryoritsu=${randomBytes(32).toString('base64url')}`,
    `__Host-ryoritsu="${token}"`,
    `__host-ryoritsu=${token}`
  ]) {
    t.equal(read(cookie), undefined, String(cookie))
  }
})

t.test('a call from another site has no session', async t => {
  const isTaken = (method: string, headers: Readonly<Record<string, string>>) => {
    try {
      requireSameOrigin(method, headers, `${https}/gateway`)
      return true
    } catch (error) {
      if (error instanceof Refusal && error.key === 'unauthorized') return false
      throw error
    }
  }
  const mark = { 'x-ryoritsu-session': '1' }
  t.ok(isTaken('POST', { ...mark, origin: https, 'sec-fetch-site': 'same-origin' }))
  t.ok(isTaken('POST', { ...mark, origin: https }), 'a browser without fetch metadata')
  t.ok(isTaken('GET', { ...mark, 'sec-fetch-site': 'same-origin' }))
  t.ok(isTaken('GET', mark))
  t.notOk(isTaken('POST', { origin: https, 'sec-fetch-site': 'same-origin' }), 'a form: it cannot bear our header')
  t.notOk(isTaken('POST', mark), 'says no origin')
  t.notOk(isTaken('POST', { ...mark, origin: 'null' }))
  t.notOk(isTaken('POST', { ...mark, origin: 'https://evil.example' }))
  t.notOk(isTaken('POST', { ...mark, origin: 'https://gateway.example.evil.example' }))
  t.notOk(isTaken('POST', { ...mark, origin: 'http://gateway.example' }))
  t.notOk(isTaken('POST', { ...mark, origin: https, 'sec-fetch-site': 'same-site' }), 'another subdomain')
  t.notOk(isTaken('GET', { ...mark, 'sec-fetch-site': 'cross-site' }))
  t.notOk(isTaken('GET', { ...mark, 'sec-fetch-site': 'none' }), 'typed into the address bar, with our header?')
})
