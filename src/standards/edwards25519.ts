/**
 * Points of edwards25519, for looking at public keys: node:crypto takes any 32 bytes for one, and with some of them a
 * signature holds over every message. Not in constant time, so never for secrets, and far too slow for each signature.
 * @see RFC 8032 section 5.1
 */

const p = 2n ** 255n - 19n
/** order of the base point */
const order = 2n ** 252n + 27742317777372353535851937790883648493n
/** −121665/121666 */
const d = mod(-121665n * power(121666n, p - 2n))
const rootOfMinusOne = power(2n, (p - 1n) / 4n)

/** Extended coordinates: x = X/Z, y = Y/Z, T = XY/Z. */
export interface EdwardsPoint {
  readonly X: bigint
  readonly Y: bigint
  readonly Z: bigint
  readonly T: bigint
}

const identity: EdwardsPoint = { X: 0n, Y: 1n, Z: 1n, T: 0n }

/**
 * Decodes a point, and only from the one encoding that it has.
 * @returns undefined for y ≥ p, for a y of no point, and for x = 0 with a sign
 * @see RFC 8032 section 5.1.3
 */
export function decodePoint(bytes: Uint8Array): EdwardsPoint | undefined {
  if (bytes.length !== 32) return undefined
  const number = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
  const isOdd = number >> 255n === 1n
  const y = number & (2n ** 255n - 1n)
  if (y >= p) return undefined
  const u = mod(y * y - 1n)
  const v = mod(d * y * y + 1n)
  const guess = mod(u * v ** 3n * power(u * v ** 7n, (p - 5n) / 8n))
  const square = mod(v * guess * guess)
  if (square !== u && square !== mod(-u)) return undefined
  const root = square === u ? guess : mod(guess * rootOfMinusOne)
  if (root === 0n && isOdd) return undefined
  const x = ((root & 1n) === 1n) === isOdd ? root : mod(-root)
  return { X: x, Y: y, Z: 1n, T: mod(x * y) }
}

/** @returns 32 bytes */
export function encodePoint({ X, Y, Z }: EdwardsPoint): Buffer {
  const inverse = power(Z, p - 2n)
  const sign = mod(X * inverse) & 1n
  const number = mod(Y * inverse) | (sign << 255n)
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse()
}

/** The addition is complete: it holds for equal points and for the identity too (RFC 8032 section 5.1.4). */
export function addPoints(a: EdwardsPoint, b: EdwardsPoint): EdwardsPoint {
  const A = mod((a.Y - a.X) * (b.Y - b.X))
  const B = mod((a.Y + a.X) * (b.Y + b.X))
  const C = mod(2n * a.T * b.T * d)
  const D = mod(2n * a.Z * b.Z)
  const [E, F, G, H] = [B - A, D - C, D + C, B + A]
  return { X: mod(E * F), Y: mod(G * H), Z: mod(F * G), T: mod(E * H) }
}

/**
 * @returns whether the point is a multiple of the base point other than the identity, as every honest public key is;
 * false for the eight points of small order and for those that hold a part of one. Takes a millisecond or two.
 */
export function isOfPrimeOrder(point: EdwardsPoint): boolean {
  return !isIdentity(point) && isIdentity(multiply(point, order))
}

function multiply(point: EdwardsPoint, factor: bigint): EdwardsPoint {
  let sum = identity
  for (const bit of factor.toString(2)) {
    sum = double(sum)
    if (bit === '1') sum = addPoints(sum, point)
  }
  return sum
}

/** The same as adding a point to itself, for half the price (RFC 8032 section 5.1.4). */
function double({ X, Y, Z }: EdwardsPoint): EdwardsPoint {
  const A = mod(X * X)
  const B = mod(Y * Y)
  const H = A + B
  const E = H - mod((X + Y) * (X + Y))
  const G = A - B
  const F = mod(2n * Z * Z) + G
  return { X: mod(E * F), Y: mod(G * H), Z: mod(F * G), T: mod(E * H) }
}

const isIdentity = ({ X, Y, Z }: EdwardsPoint): boolean => X === 0n && Y === Z

function mod(number: bigint): bigint {
  const rest = number % p
  return rest < 0n ? rest + p : rest
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = mod(base)
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = mod(result * square)
    square = mod(square * square)
  }
  return result
}
