/**
 * What makes an RSA public key worthless though it is long enough, as far as that shows from outside and at once.
 * @see FIPS 186-5 section 5.1 and appendix A.1, RFC 8017 section 3.1
 */

const primes = primesBelow(1000)

/**
 * @returns whether the modulus is one that can be taken apart with little work: even or with a small factor, of two
 * primes that lie close to each other (CVE-2022-26320), or made by the chips of ROCA (CVE-2017-15361)
 */
export function isBrokenModulus(n: bigint): boolean {
  return primes.some(prime => n % BigInt(prime) === 0n) || hasCloseFactors(n) || isRoca(n)
}

/**
 * Odd, so that it has an inverse at all; from 65537, as FIPS 186-5 has it (with 1 every text is its own signature, and
 * a small one forgives padding that is not looked at whole); below 2⁶⁴, so that nobody makes verifying slow.
 */
export function isSoundExponent(e: bigint): boolean {
  return (e & 1n) === 1n && e >= 65537n && e < 2n ** 64n
}

/** Fermat's way: n = a² − b² shows after a few tries where its factors lie close. */
function hasCloseFactors(n: bigint): boolean {
  const root = squareRoot(n)
  let a = root * root === n ? root : root + 1n
  for (let tries = 0; tries < 100; tries++, a++) {
    const square = a * a - n
    if (!mayBeSquare(square)) continue
    const b = squareRoot(square)
    if (b * b === square) return true
  }
  return false
}

/** Squares leave few of the rests of 64 and 63, so that roots are seldom drawn. */
const mayBeSquare = (number: bigint): boolean =>
  squares64.has(Number(number & 63n)) && squares63.has(Number(number % 63n))
const squares64 = restsOfSquares(64)
const squares63 = restsOfSquares(63)

function restsOfSquares(of: number): ReadonlySet<number> {
  return new Set(Array.from({ length: of }, (_, number) => (number * number) % of))
}

/** Newton's way, from above. @returns the whole part */
function squareRoot(n: bigint): bigint {
  if (n < 2n) return n
  let root = 1n << BigInt((n.toString(16).length * 4) / 2 + 1)
  for (;;) {
    const next = (root + n / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

/** Modulo each of these primes, keys of ROCA are powers of 65537; of others one in 2²⁷ is by chance. */
const fingerprints = primes
  .filter(prime => prime > 2 && prime <= 167)
  .map(prime => {
    const powers = new Set<number>()
    for (let power = 1; !powers.has(power); power = (power * 65537) % prime) powers.add(power)
    return [BigInt(prime), powers] as const
  })

function isRoca(n: bigint): boolean {
  return fingerprints.every(([prime, powers]) => powers.has(Number(n % prime)))
}

function primesBelow(limit: number): readonly number[] {
  const found: number[] = []
  for (let number = 2; number < limit; number++) {
    if (found.every(prime => number % prime !== 0)) found.push(number)
  }
  return found
}
