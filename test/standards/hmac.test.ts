import t from 'tap'
import { hmacSha256 } from '../../src/standards/hmac.ts'

t.test('gives the published values (RFC 4231, cases 1, 2 and 6)', async t => {
  t.equal(
    hmacSha256(Buffer.alloc(20, 0x0b), Buffer.from('Hi There')).toString('hex'),
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'
  )
  t.equal(
    hmacSha256(Buffer.from('Jefe'), 'what do ya want for nothing?').toString('hex'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
  )
  t.equal(
    hmacSha256(Buffer.alloc(131, 0xaa), 'Test Using Larger Than Block-Size Key - Hash Key First').toString('hex'),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54'
  )
})
