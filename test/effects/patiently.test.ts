// What Windows refuses for a moment is tried again, there alone.
import {afterEach, expect, test} from 'vitest'

import {patiently} from '../../src/effects/patiently.js'

const platform = Object.getOwnPropertyDescriptor(process, 'platform')!
afterEach(() => void Object.defineProperty(process, 'platform', platform))
const on = (value: string): void => void Object.defineProperty(process, 'platform', {...platform, value})

const refusing = (times: number, code: string) => {
  let calls = 0
  const act = (): string => {
    if (calls++ < times) throw Object.assign(new Error(code), {code})
    return 'done'
  }
  return {act, calls: () => calls}
}

test('a scanner that holds the file for a moment is waited for', () => {
  on('win32')
  const {act, calls} = refusing(3, 'EPERM')
  expect(patiently(act)).toBe('done')
  expect(calls()).toBe(4)
})

test('a refusal that stays is told in the end, one that cannot pass at once', () => {
  on('win32')
  const stays = refusing(1000, 'EBUSY')
  expect(() => patiently(stays.act)).toThrow('EBUSY')
  expect(stays.calls()).toBe(50)
  const missing = refusing(1000, 'ENOENT')
  expect(() => patiently(missing.act)).toThrow('ENOENT')
  expect(missing.calls()).toBe(1)
})

test('elsewhere a refusal is one', () => {
  on('linux')
  const {act, calls} = refusing(1, 'EPERM')
  expect(() => patiently(act)).toThrow('EPERM')
  expect(calls()).toBe(1)
})
