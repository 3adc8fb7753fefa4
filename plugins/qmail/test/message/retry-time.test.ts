// The retry schedule, against the integer square root of qmail-send.c.
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {expiresAt, isOssified, nextRetry} from '../../src/message/retry-time.js'

// squareroot() of qmail-send.c, with bigints for its shifts.
const squareRoot = (x: number): number => {
  let y = 0n
  let yy = 0n
  for (let j = 15n; j >= 0n; j--) {
    const y21 = (y << (j + 1n)) + (1n << (j + j))
    if (y21 <= BigInt(x) - yy) {
      y += 1n << j
      yy += y21
    }
  }
  return Number(y)
}

describe('retry', () => {
  test.each([
    [0, 'local', 100],
    [0, 'remote', 400],
    [400, 'remote', 1600],
    [1600, 'remote', 3600],
    [400, 'suppl0', 1600],
    [99, 'local', 361],
    [100, 'local', 400],
  ])('%i seconds after birth, %s: due %i seconds after birth', (age, channel, due) =>
    expect(nextRetry({birth: 1e9, now: 1e9 + age}, channel)).toBe(1e9 + due),
  )

  test('a birth in the future counts as now', () => expect(nextRetry({birth: 500, now: 100}, 'local')).toBe(600))

  test('the square root is that of qmail-send', () =>
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), age =>
        nextRetry({birth: 7, now: 7 + age}, 'local') === 7 + (squareRoot(age) + 10) ** 2,
      ),
    ))

  test('the lifetime, and the 36 hours, which begin one second after', () => {
    expect(expiresAt(100)).toBe(604_900)
    expect(expiresAt(100, 60)).toBe(160)
    expect(isOssified(0, 129_600)).toBe(false)
    expect(isOssified(0, 129_601)).toBe(true)
  })
})
