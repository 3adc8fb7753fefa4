// A 32-bit hash of an entry's key: an index over it takes a fifth of one over the texts themselves.

/**
 * The lower half of cyrb53 (public domain, by bryc) over the three texts, signed, since SQLite keeps that in four bytes.
 * A few hundred of a million entries share theirs with another, which costs one row more to look at. Not cryptographic: `seed` is random and of
 * one store alone, so that nobody can choose addresses that collide in it; the texts are compared all the same.
 */
export const keyHash = (seed: number, network: string, sender: string, recipient: string): number => {
  let h1 = 0xdeadbeef ^ seed
  let h2 = 0x41c6ce57 ^ seed
  for (const text of [network, sender, recipient]) {
    for (let n = 0; n < text.length; n++) {
      const code = text.charCodeAt(n)
      h1 = Math.imul(h1 ^ code, 2_654_435_761)
      h2 = Math.imul(h2 ^ code, 1_597_334_677)
    }
    // Between the texts, so that `a`,`bc` is not `ab`,`c`.
    h1 = Math.imul(h1 ^ 0x1_0000, 2_654_435_761)
    h2 = Math.imul(h2 ^ 0x1_0000, 1_597_334_677)
  }
  return Math.imul(h1 ^ (h1 >>> 16), 2_246_822_507) ^ Math.imul(h2 ^ (h2 >>> 13), 3_266_489_909)
}
