import { createHash } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { CertificateError, certificateThumbprint } from '../../src/authenticate/client-certificate.ts'

/** RFC 8705 appendix A, as in its `x5c`. */
const ofRfc8705 =
  'MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAxODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwIDSQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOVbUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY='
/** RFC 9440 appendix A. */
const ofRfc9440 =
  ':MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=:'
const at = Date.parse('2020-06-01T00:00:00Z')
const der = Buffer.from(ofRfc8705, 'base64')
const passed = (...fields: readonly string[]) => certificateThumbprint({ by: 'proxy', fields }, at)

t.test('names a certificate as RFC 8705 does, and reads one as RFC 9440 passes it on', async t => {
  const thumbprint = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0'
  t.equal(certificateThumbprint({ by: 'tls', der }, at), thumbprint)
  t.equal(passed(`:${ofRfc8705}:`), thumbprint)
  t.equal(passed(` :${ofRfc8705}: `), thumbprint)
  const other = createHash('sha256')
    .update(Buffer.from(ofRfc9440.slice(1, -1), 'base64'))
    .digest('base64url')
  t.equal(passed(ofRfc9440), other)
  t.equal(passed(`${ofRfc9440};by=proxy`), other, 'parameters are for whoever knows them')
  t.equal(certificateThumbprint(undefined, at), undefined)
})

t.test('a certificate counts while it is valid', async t => {
  const day = 86_400_000
  const from = Date.parse('2018-10-18T12:37:09Z')
  const until = Date.parse('2022-05-02T12:37:09Z')
  for (const now of [from, until]) t.ok(certificateThumbprint({ by: 'tls', der }, now))
  for (const now of [from - 1, until + 1, until + day]) {
    t.throws(() => certificateThumbprint({ by: 'tls', der }, now), CertificateError)
  }
})

t.test('refuses what is not exactly one certificate', async t => {
  const cut = der.subarray(0, -1).toString('base64')
  const longer = Buffer.concat([der, Buffer.from([0])]).toString('base64')
  const twice = Buffer.concat([der, der]).toString('base64')
  for (const fields of [
    [],
    [ofRfc9440, ofRfc9440],
    [`${ofRfc9440}, ${ofRfc9440}`],
    [`(${ofRfc9440})`],
    [`cert=${ofRfc9440}`],
    [''],
    ['::'],
    [ofRfc8705],
    [`"${ofRfc8705}"`],
    [`:${ofRfc8705.replaceAll('+', '-').replaceAll('/', '_')}:`],
    [`:${ofRfc8705.replace('=', '')}:`],
    [`:${cut}:`],
    [`:${longer}:`],
    [`:${twice}:`]
  ]) {
    t.throws(() => passed(...fields), CertificateError, fields.join())
  }
})

t.test('answers whatever field with a thumbprint of 32 bytes or a refusal', async () => {
  const text = fc.oneof(
    fc.string(),
    fc.base64String().map(each => `:${each}:`)
  )
  const changed = fc.tuple(fc.nat(der.length - 1), fc.nat(255)).map(([place, byte]) => {
    const bytes = Buffer.from(der)
    bytes[place] = byte
    return `:${bytes.toString('base64')}:`
  })
  fc.assert(
    fc.property(fc.oneof(text, changed), field => {
      try {
        return /^[\w-]{43}$/.test(passed(field)!)
      } catch (error) {
        return error instanceof CertificateError
      }
    }),
    { numRuns: 1000 }
  )
})
