// A decision in words for people.
import {durationText, terminalSafe} from 'mailops/core'

import type {Decision, Reason} from '../policy/types.js'

const WORDS: Readonly<Record<Reason, string>> = {
  'relay-client': 'it may relay (RELAYCLIENT)',
  authenticated: 'it has authenticated itself',
  override: 'tcp.smtp says so (GREYLIST)',
  'allow-listed': 'an entry of the allow list matches',
  'opted-out': 'the recipient takes no part',
  provider: 'the address belongs to a large provider',
  'null-sender': 'a null sender is deferred only at DATA, so that callouts get their answer',
  known: 'its network or triplet has passed before',
  retried: 'it came back after the delay',
  spf: 'its domain came back after the delay, from another of its addresses',
  limit: 'too many networks near it are pending: it passes unrecorded',
  'no-address': 'there is no address to remember it by',
  'store-fault': 'the store has failed',
  'disk-full': 'there is no room for the store',
  new: 'it was never seen before',
  early: 'it came back before the delay was over',
  'block-listed': 'an entry of the block list matches',
}

const VERBS = {pass: 'passes', defer: 'is deferred', reject: 'is refused'} as const

/** One line: `is deferred: it came back before the delay was over; passes in 41s`. */
export const decisionText = ({action, reason, learning, wait, by}: Decision): string =>
  [
    `${VERBS[action]}: ${WORDS[reason]}${by === undefined ? '' : ` (${terminalSafe(by)})`}`,
    ...(wait === undefined ? [] : [`a retry passes in ${durationText(Math.ceil(wait / 1000))}`]),
    ...(learning === true ? ['only because of learning mode'] : []),
  ].join('; ')
