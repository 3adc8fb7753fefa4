// The qmail part of the demo: a queue in the real format, looked at, purged of one sender, and put back.
import {join} from 'node:path'

import {addMessage, createQueue, fillQueue, snapshotTree, differences} from '../test/support/queue/index.js'

const SPAMMER = 'win-big@promo.example'

const makeQueue = directory => {
  const queue = createQueue(directory, {seed: 7})
  fillQueue(queue, 60)
  for (let n = 1; n <= 25; n++)
    addMessage(queue, {
      state: 'pending',
      sender: SPAMMER,
      recipients: [{address: `user${n}@shop.example`, channel: 'remote', done: false}],
      subject: 'You have won',
      text: `${'You have been chosen. Claim your prize today.\n'.repeat(40)}`,
    })
  return queue
}

/** @param demo what demo/run.mjs gives to each part */
export const qmailDemo = async ({sandbox, mailops, title, say}) => {
  title('qmail: one sender has filled the queue')
  const directory = join(sandbox, 'queue')
  makeQueue(directory)
  const before = snapshotTree(directory, {})
  const queue = ['--queue', directory]
  say('Who is it?')
  mailops(['qmail', 'stats', ...queue, '--by', 'sender', '--top', '5'])
  mailops(['qmail', 'list', ...queue, '--sender', '@promo.example', '--limit', '5'])
  say('What would be purged?')
  mailops(['qmail', 'purge', ...queue, '--sender', '@promo.example', '--dry-run'])
  say('Do it. The messages go into a trash inside the queue, so that they can come back.')
  mailops(['qmail', 'purge', ...queue, '--sender', '@promo.example', '--yes'])
  mailops(['qmail', 'check', ...queue])
  say('It was the wrong sender after all.')
  mailops(['history'])
  mailops(['undo', 'last', '--yes'])
  const changed = differences(before, snapshotTree(directory, {without: path => path.startsWith('.mailops-trash')}))
  if (changed.length > 0) throw new Error(`the queue is not as it was: ${changed.join(', ')}`)
  say('Every file is back under its number, with its inode, time, owner and mode.')
}
