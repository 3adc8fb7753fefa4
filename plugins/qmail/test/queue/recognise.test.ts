// Recognition of layouts, and of what people make of them.
import {describe, expect, test} from 'vitest'
import {recogniseLayout, type DirectoryListing} from '../../src/queue/recognise.js'

const numbered = (count: number): string[] => Array.from({length: count}, (_, i) => `${i}`)
const EMPTY: DirectoryListing = {directories: [], files: 0, firstBytes: []}
const dir = (rest: Partial<DirectoryListing> = {}): DirectoryListing => ({...EMPTY, ...rest})
const split = (count: number, firstBytes: number[] = []): DirectoryListing =>
  dir({directories: numbered(count), firstBytes})

const T = 84
const D = 68

const queue = (changes: Record<string, DirectoryListing | null> = {}, count = 23): Map<string, DirectoryListing> => {
  const listing = new Map<string, DirectoryListing>([
    ...['mess', 'info', 'local', 'remote'].map(name => [name, split(count)] as const),
    ...['todo', 'intd', 'bounce', 'lock', 'pid'].map(name => [name, dir()] as const),
  ])
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) listing.delete(name)
    else listing.set(name, value)
  }
  return listing
}
const codes = (listing: Map<string, DirectoryListing>): string[] =>
  recogniseLayout(listing).problems.map(({code, path}) => `${code} ${path}`)

describe('recognised without a problem', () => {
  test.each([1, 23, 101])('a plain queue of split %i', count =>
    expect(recogniseLayout(queue({}, count))).toEqual({
      layout: {split: count, bigTodo: false, channels: ['local', 'remote']},
      problems: [],
    }),
  )

  test('sagredo: big todo, channels in numeric order whether used or not', () => {
    const listing = queue({
      todo: split(23),
      intd: split(23),
      suppl10: split(23),
      suppl1: split(23, [T, D]),
      suppl0: split(23),
    })
    expect(recogniseLayout(listing)).toEqual({
      layout: {split: 23, bigTodo: true, channels: ['local', 'remote', 'suppl0', 'suppl1', 'suppl10']},
      problems: [],
    })
  })

  test('a channel of another name is one when all its files are records', () => {
    expect(recogniseLayout(queue({slow: split(23, [T, T])})).layout?.channels).toEqual(['local', 'remote', 'slow'])
    expect(recogniseLayout(queue({slow: split(23, [T, 82])})).layout?.channels).toEqual(['local', 'remote'])
    expect(recogniseLayout(queue({slow: split(23)})).layout?.channels).toEqual(['local', 'remote'])
  })

  test('dot names and staging directories are none of ours', () => {
    const trash = dir({directories: ['x']})
    const listing = queue({'.mailops-trash': trash, '.remote': split(23, [T]), dkim: split(5, [72])})
    expect(recogniseLayout(listing)).toMatchObject({layout: {channels: ['local', 'remote']}, problems: []})
  })
})

describe('problems', () => {
  test.each(['mess', 'info', 'todo'])('without %s it is no queue', name => {
    const {layout, problems} = recogniseLayout(queue({[name]: null}))
    expect(layout).toBeUndefined()
    expect(problems[0]).toMatchObject({code: 'not-a-queue', severity: 'fatal'})
  })

  test('an unsplit directory tree is no queue', () => {
    expect(recogniseLayout(queue({mess: dir(), info: dir(), local: dir(), remote: dir()})).layout).toBeUndefined()
    expect(recogniseLayout(new Map()).layout).toBeUndefined()
  })

  test('a missing directory', () => expect(codes(queue({bounce: null}))).toEqual(['missing-directory bounce']))

  test('a gap, also at the end: the other directories tell the split', () => {
    const gap = numbered(23).filter(name => name !== '7')
    expect(recogniseLayout(queue({mess: dir({directories: gap})}))).toMatchObject({
      layout: {split: 23},
      problems: [{code: 'split-gap', severity: 'error', path: 'mess', message: 'mess/ lacks 7 of 23'}],
    })
    const atEnd = recogniseLayout(queue({mess: split(22)}))
    expect(atEnd).toMatchObject({layout: {split: 23}, problems: [{code: 'split-gap'}]})
  })

  test('another split in one directory', () =>
    expect(codes(queue({info: split(25)}))).toEqual(['split-differs info']))

  test('todo/0 on a flat build, from a recipe', () => {
    expect(recogniseLayout(queue({todo: split(23)})).layout?.bigTodo).toBe(false)
    expect(codes(queue({todo: split(23)}))).toEqual(['todo-split-differs todo'])
    expect(recogniseLayout(queue({todo: {...split(23), files: 2}, intd: split(23)}))).toMatchObject({
      layout: {bigTodo: false},
      problems: [{code: 'todo-split-differs', path: 'todo'}, {code: 'todo-split-differs', path: 'intd'}],
    })
    expect(codes(queue({bounce: split(23)}))).toEqual(['todo-split-differs bounce'])
  })

  test('a big todo of another split', () =>
    expect(codes(queue({todo: split(10), intd: split(30)}))).toEqual(['split-gap todo', 'todo-split-differs intd']))

  test('files directly in a split directory', () =>
    expect(codes(queue({mess: {...split(23), files: 3}}))).toEqual(['flat-files-in-split mess']))

  test('directories nobody knows, leading zeros included', () =>
    expect(codes(queue({mess: dir({directories: [...numbered(23), '03', 'old', '.x']})}))).toEqual([
      'alien-directory mess/03',
      'alien-directory mess/old',
    ]))

  test('a copy of a channel is left alone and named', () => {
    const {layout, problems} = recogniseLayout(queue({'remote.old': split(23, [T, D])}))
    expect(layout?.channels).toEqual(['local', 'remote'])
    expect(problems).toMatchObject([{code: 'unknown-channel', severity: 'warning', path: 'remote.old'}])
  })
})
