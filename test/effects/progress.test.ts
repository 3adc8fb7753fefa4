// Progress: nothing in the first second, then a line that is the same in every locale
import {afterEach, expect, test, vi} from 'vitest'
import {progressOn} from '../../dist/effects/progress.js'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const written = (isTTY: boolean, at: readonly number[]) => {
  vi.useFakeTimers({now: 0})
  const lines: string[] = []
  const stream = {isTTY, write: (text: string) => lines.push(text) > 0} as unknown as NodeJS.WriteStream
  const {report, end} = progressOn('purging messages', {stream})
  for (const time of at) {
    vi.setSystemTime(time)
    report(1_234_567, 2_469_134)
  }
  end()
  return lines
}

test('says how far it is, by no locale, after a second and then every ten', () => {
  vi.spyOn(Number.prototype, 'toLocaleString').mockImplementation(() => 'whatever the host writes')
  expect(written(false, [999, 1000, 5000, 11_000])).toEqual(Array(2).fill('purging messages: 1,234,567 of 2,469,134 (50%)\n'))
})

test('on a terminal it is one line, gone at the end', () => {
  const line = '\r\u001b[Kpurging messages: 1,234,567 of 2,469,134 (50%)'
  expect(written(true, [1000, 1050, 1100])).toEqual([line, line, '\r\u001b[K'])
})
