import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server'
import t from 'tap'
import { Authenticator, cbor } from './authenticator.ts'

const origin = 'https://gateway.example'
const rpId = 'gateway.example'
const creation = {
  rp: { id: rpId },
  user: { id: 'aGFuZGxl' },
  challenge: 'Y2hhbGxlbmdl',
  pubKeyCredParams: [{ alg: -8 }, { alg: -7 }, { alg: -257 }]
}
const request = { rpId, challenge: 'b3RoZXI' }

t.test('what the device makes is what the library of others takes', async t => {
  for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) {
    for (const isSynced of [false, true]) {
      const device = new Authenticator(origin, { isSynced })
      const made = await verifyRegistrationResponse({
        response: device.create(creation, {}, alg) as never,
        expectedChallenge: creation.challenge,
        expectedOrigin: origin,
        expectedRPID: rpId
      })
      const { credential, credentialBackedUp, userVerified, fmt } = made.registrationInfo!
      t.match(
        { credentialBackedUp, userVerified, fmt },
        { credentialBackedUp: isSynced, userVerified: true, fmt: 'none' }
      )
      const proven = await verifyAuthenticationResponse({
        response: device.get(request) as never,
        expectedChallenge: request.challenge,
        expectedOrigin: origin,
        expectedRPID: rpId,
        credential
      })
      t.ok(proven.verified, `${alg}, ${isSynced ? 'copied' : 'bound to the device'}`)
      t.equal(proven.authenticationInfo.newCounter, isSynced ? 0 : 1)
    }
  }
})

t.test('it answers as a device does: for its own hosts and accounts alone', async t => {
  const device = new Authenticator(origin)
  const { id } = device.create(creation)
  t.throws(() => device.create({ ...creation, excludeCredentials: [{ id }] }), /InvalidStateError/)
  t.throws(() => device.get({ ...request, rpId: 'elsewhere.example' }), /NotAllowedError/)
  t.throws(() => device.get({ ...request, allowCredentials: [{ id: 'another' }] }), /NotAllowedError/)
  t.throws(() => device.create({ ...creation, pubKeyCredParams: [{ alg: -35 }] }), /NotSupportedError/)
})

t.test('CBOR as in RFC 8949 appendix A', async t => {
  const examples = [
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [1000, '1903e8'],
    [-1, '20'],
    [-100, '3863'],
    ['IETF', '6449455446'],
    [Buffer.from([1, 2, 3, 4]), '4401020304'],
    [
      new Map([
        [1, 2],
        [3, 4]
      ]),
      'a201020304'
    ]
  ] as const
  for (const [value, hex] of examples) t.equal(cbor(value).toString('hex'), hex)
})
