// Swap purge: the renames, and how long the queue's lock is held, for few and for many messages in one run. Both must be the same.
// Usage: node bench/qmail/swap.mjs [FEW] [MANY] [RUNS]
import {rmSync} from 'node:fs'

import {openQueue} from '../../plugins/qmail/dist/effects/reading/index.js'
import {swapHandler} from '../../plugins/qmail/dist/effects/swap/handler.js'
import {swapChange} from '../../plugins/qmail/dist/effects/swap/swap-args.js'
import {filledQueue, fileSystem, median, timed} from './support.mjs'

const sizes = [Number(process.argv[2] ?? 1_000), Number(process.argv[3] ?? 100_000)]
const runs = Number(process.argv[4] ?? 5)

const {at, kind, dispose} = fileSystem(Math.ceil(Math.max(...sizes) / 30) + 400)
try {
  for (const count of sizes) {
    const filled = filledQueue(at, count)
    const queue = openQueue(filled.dir)
    const rounds = []
    for (let run = 0; run < runs; run++) {
      const args = {queue: queue.path, layout: queue.layout, token: `${count}-${run}`, keep: true, stop: false, messages: count, bytes: 0}
      const handler = swapHandler({stop: {stop: false, timeoutMs: 0}})
      const {result, seconds, journalId, place} = await timed(at, filled, swapChange(args, {summary: 'bench'}), handler)
      if (result.removed !== count) throw new Error(`${result.removed} of ${count} were removed`)
      rounds.push({...result, seconds})
      // Back again, the same way: the next round finds the same queue.
      const undo = {...swapChange(args, {summary: 'bench'}), direction: 'undo'}
      await handler.undo(undo, {journalId, place, note: () => {}, progress: () => {}, warn: text => { throw new Error(text) }, signal: new AbortController().signal})
    }
    const of = name => rounds.map(round => round[name])
    console.log(JSON.stringify({
      bench: 'qmail swap purge', messages: count, fileSystem: kind,
      renameMs: median(of('renameMs')), worstRenameMs: Math.max(...of('renameMs')),
      unavailableMs: median(of('unavailableMs')), worstUnavailableMs: Math.max(...of('unavailableMs')),
      wholePurgeSeconds: Number(median(of('seconds')).toFixed(2)),
    }))
    rmSync(filled.dir, {recursive: true})
  }
} finally {
  dispose()
}
