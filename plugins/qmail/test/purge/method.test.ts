// Which method a purge takes, over all circumstances
import {describe, expect, test} from 'vitest'

import {chooseMethod, type Circumstances} from '../../dist/purge/method.js'

const choose = (given: Partial<Circumstances>) => () =>
  chooseMethod({asked: 'auto', running: true, stop: false, all: false, only: false, ...given})

describe('auto', () => {
  test.each([
    ['qmail-send runs', {}, 'live'],
    ['qmail-send runs, everything', {all: true}, 'live'],
    ['it runs and may be stopped', {stop: true}, 'offline'],
    ['it may be stopped, everything', {stop: true, all: true}, 'swap'],
    ['it may be stopped, recipients only', {stop: true, all: true, only: true}, 'offline'],
    ['it does not run', {running: false}, 'offline'],
    ['it does not run, everything', {running: false, all: true, stop: true}, 'offline'],
  ])('%s', (_, given, method) => expect(choose(given)()).toMatchObject({method}))
})

test('what was asked for is taken', () => {
  expect(choose({asked: 'offline'})()).toMatchObject({method: 'offline'})
  expect(choose({asked: 'swap', all: true, running: false})()).toMatchObject({method: 'swap'})
  expect(choose({asked: 'live'})()).toMatchObject({method: 'live'})
})

test('what cannot be is refused', () => {
  expect(choose({asked: 'swap'})).toThrow(expect.objectContaining({code: 'USAGE', oclif: {exit: 64}}))
  expect(choose({asked: 'swap', all: true, only: true})).toThrow(expect.objectContaining({code: 'USAGE'}))
  expect(choose({asked: 'live', stop: true})).toThrow(expect.objectContaining({code: 'USAGE'}))
  expect(choose({asked: 'live', running: false})).toThrow(expect.objectContaining({code: 'NOT_RUNNING', oclif: {exit: 75}}))
})
