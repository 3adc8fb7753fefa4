#!/usr/bin/env node
// Command line of the queue generator: node test/support/queue/generate.js DIR COUNT [options]
// @ts-check
import {parseArgs} from 'node:util'
import {createQueue, fillQueue} from './index.js'

/** @import {Owners} from './layout.js' */

const USAGE = `usage: generate.js DIR COUNT [--split N] [--bigtodo] [--channels suppl0,suppl1] [--seed N]
                   [--now SECONDS] [--owners QMAILQ,QMAILS,QMAILR,QMAIL[,CALLER]]
Creates the queue DIR (its parent must exist) with COUNT messages; prints what was made as one JSON document.`

/** @param {string} list @returns {Owners} */
const ownersFrom = (list) => {
  if (!/^\d+(,\d+){3,4}$/.test(list)) throw new Error(USAGE)
  const [qmailq = 0, qmails = 0, qmailr = 0, qmail = 0, caller = 0] = list.split(',').map(Number)
  return {qmailq, qmails, qmailr, qmail, caller}
}

const main = () => {
  const {values, positionals: [dir, count]} = parseArgs({
    allowPositionals: true,
    options: {
      split: {type: 'string', default: '23'}, bigtodo: {type: 'boolean', default: false}, channels: {type: 'string'},
      seed: {type: 'string', default: '1'}, now: {type: 'string'}, owners: {type: 'string'},
    },
  })
  if (dir === undefined || !/^\d+$/.test(count ?? '')) throw new Error(USAGE)
  const started = process.hrtime.bigint()
  const queue = createQueue(dir, {
    split: Number(values.split), bigtodo: values.bigtodo, seed: Number(values.seed),
    ...(values.channels && {extraChannels: values.channels.split(',')}),
    ...(values.now && {now: Number(values.now)}),
    ...(values.owners && {owners: ownersFrom(values.owners)}),
  })
  const {numbers, ...made} = fillQueue(queue, Number(count))
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  console.log(JSON.stringify({dir, messages: numbers.length, ...made, seconds}))
}

try {
  main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 64
}
