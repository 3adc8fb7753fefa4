// Breadth-first search: a shortest key after which a pair of machines, or one machine, is in a wanted state.
import {IntPool} from './int-pool.js'
import type {Machine} from './machine.js'

/**
 * Returns a shortest key after which `wanted` holds for the states of both machines, undefined when there is none or
 * `pairs` pairs were not enough.
 */
export const findPair = (
  left: Machine,
  right: Machine,
  {pairs, wanted}: {pairs: number; wanted: (x: number, y: number) => boolean},
): string | undefined => {
  const seen = new Set<number>()
  const queue = new IntPool()
  const visit = (x: number, y: number, from: number, letter: number): void => {
    const pair = x * 0x400_0000 + y
    if (seen.has(pair)) return
    seen.add(pair)
    for (const value of [x, y, from, letter]) queue.push(value)
  }
  visit(left.start, right.start, -1, 0)
  for (let at = 0; at < queue.length && seen.size <= pairs; at += 4) {
    const x = queue.data[at]!
    const y = queue.data[at + 1]!
    if (wanted(x, y)) return keyOf(queue, at, left)
    if (left.isSettled(x) && right.isSettled(y)) continue
    for (let letter = 0; letter < left.alphabet.size; letter++)
      visit(left.next(x, letter), right.next(y, letter), at, letter)
  }
  return undefined
}

const keyOf = (queue: IntPool, at: number, {alphabet}: Machine): string => {
  let key = ''
  for (let entry = at; queue.data[entry + 2]! >= 0; entry = queue.data[entry + 2]!)
    key = String.fromCharCode(alphabet.byteOf[queue.data[entry + 3]!]!) + key
  return key
}

/** Returns a shortest key with a wanted outcome, undefined when there is none. BudgetError as the machine throws it. */
export const findKey = (machine: Machine, wanted: (outcome: number) => boolean): string | undefined => {
  const seen = new IntPool()
  const queue = new IntPool()
  const visit = (state: number, from: number, letter: number): void => {
    if (seen.length <= state) seen.fillTo(state + 1, 0)
    if (seen.data[state] === 1) return
    seen.data[state] = 1
    for (const value of [state, state, from, letter]) queue.push(value)
  }
  visit(machine.start, -1, 0)
  for (let at = 0; at < queue.length; at += 4) {
    const state = queue.data[at]!
    if (wanted(machine.outcome(state))) return keyOf(queue, at, machine)
    if (machine.isSettled(state)) continue
    for (let letter = 0; letter < machine.alphabet.size; letter++) visit(machine.next(state, letter), at, letter)
  }
  return undefined
}
