// A queue full of messages, in the mixture that the measurements of this project rest on
// @ts-check
import {withoutUmask} from './layout.js'
import {addMessageRaw} from './message.js'
import {randomFrom} from './random.js'
import {bounceText} from './records.js'

/** @import {Queue} from './layout.js' */
/** @import {MessageSpec} from './message.js' */
/** @import {Random} from './random.js' */
/** @import {Recipient} from './records.js' */

/**
 * Shares of the messages, each from 0 to 1.
 * @typedef {object} Shape
 * @property {number} todo  not preprocessed yet
 * @property {number} local  local recipients only
 * @property {number} both  local and remote recipients; the rest is remote only
 * @property {number} bounce  with a bounce that is due later
 * @property {number} nullSender  bounces themselves
 * @property {number} many  with up to maxRecipients recipients
 * @property {number} maxRecipients
 * @property {number} done  share of the recipients of such messages that are done
 * @property {number} extra  share of remote recipients in each extra channel
 * @property {number} bodyBytes  mean length of a body
 */

/** @type {Shape} */
export const usualShape = {
  todo: 0.04, local: 0.12, both: 0.06, bounce: 0.04, nullSender: 0.1,
  many: 0.1, maxRecipients: 20, done: 0.2, extra: 0.1, bodyBytes: 1500,
}

const USERS = ['ann', 'bob', 'info', 'sales', 'j.doe', 'news', 'root', 'www-data', 'support', 'mary-list']
const REMOTE = [
  'example.com', 'example.net', 'example.org', 'big.example', 'slow.example', 'Mixed.Example', 'sub.big.example',
]
const SENDERS = ['client.example', 'shop.example', 'spam.example', 'forum.example', 'lists.example']
const SUBJECTS = [
  'Your order', 'Re: meeting', 'Newsletter', 'failure notice', 'Cheap watches', '=?utf-8?Q?Gr=C3=BC=C3=9Fe?=',
  'Invoice', 'Password reset', 'Out of office', '=?utf-8?B?0J/RgNC40LLQtdGC?=',
]
const FILLER = 'The quick brown fox jumps over the lazy dog, and the queue grows by one more message.\n'.repeat(80)

/**
 * @param {{random: Random, queue: Queue, shape: Shape, localDomain: string}} work
 * @returns {Recipient[]} of one message
 */
const recipientsOf = ({random, queue, shape, localDomain}) => {
  const count = random.chance(shape.many) ? 2 + random.below(shape.maxRecipients - 1) : 1
  const kind = random.fraction()
  const extras = queue.channels.slice(2)
  const make = (/** @type {boolean} */ local, /** @type {boolean} */ done) => {
    const user = `${random.pick(USERS)}${random.below(500)}`
    const extra = Math.floor(random.fraction() / shape.extra)
    const channel = local ? 'local' : extras[extra] ?? 'remote'
    return {address: `${user}@${local ? localDomain : random.pick(REMOTE)}`, channel, done}
  }
  if (kind < shape.both) {
    // One of each is always left, so that the message really stands in two channels.
    const others = Array.from({length: count - 1}, () => make(random.chance(0.5), false))
    return [make(true, false), make(false, false), ...others]
  }
  const local = kind < shape.both + shape.local
  return Array.from({length: count}, (_, index) => make(local, index > 0 && random.chance(shape.done)))
}

/**
 * @param {{random: Random, queue: Queue, shape: Shape, localDomain: string}} work
 * @returns {MessageSpec & {recipients: Recipient[]}} one message
 */
const specOf = (work) => {
  const {random, queue, shape} = work
  const recipients = recipientsOf(work)
  const first = recipients[0]?.address ?? ''
  const age = 60 + Math.floor(random.fraction() ** 2 * 6 * 86_400)
  const birth = queue.now - age
  const sender = random.chance(shape.nullSender)
    ? random.chance(0.1) ? '#@[]' : ''
    : `${random.pick(USERS)}${random.below(200)}@${random.pick(SENDERS)}`
  const common = {
    sender, recipients, birth,
    subject: sender === '' ? 'failure notice' : `${random.pick(SUBJECTS)} ${random.below(1000)}`,
    body: FILLER.slice(0, Math.floor(shape.bodyBytes * (0.25 + 1.5 * random.fraction()))),
  }
  if (random.chance(shape.todo)) {
    // Nothing is done before preprocessing; an envelope could not say so either.
    return {...common, state: 'todo', recipients: recipients.map((recipient) => ({...recipient, done: false}))}
  }
  // qmail-send.c nextretry(): birth + (sqrt(age) + 10 or 20)^2
  const retryIn = (/** @type {number} */ step) => birth + (Math.floor(Math.sqrt(age)) + step) ** 2
  const stepOf = (/** @type {string} */ channel) => (channel === 'local' ? 10 : 20)
  const nextRetry = Object.fromEntries(queue.channels.map((channel) => [channel, retryIn(stepOf(channel))]))
  if (!random.chance(shape.bounce)) return {...common, state: 'pending', nextRetry}
  return {...common, state: 'pending-bounce', nextRetry, bounce: bounceText(`gone-${first}`)}
}

/**
 * @typedef {object} Filled
 * @property {string[]} numbers  of the messages, in the order of their creation
 * @property {number} recipients
 * @property {number} pending  recipients that are not done yet
 * @property {number} todo  messages not preprocessed
 * @property {number} bounces  messages with a bounce
 */

/**
 * Adds many messages of the usual mixture, fast: short paths below the queue as working directory, set back at the end.
 * @param {Queue} queue where
 * @param {number} count how many
 * @param {{shape?: Partial<Shape>, localDomain?: string}} [options] what differs from usualShape; of local recipients
 * @returns {Filled} what was made
 */
export const fillQueue = (queue, count, {shape, localDomain = 'local.example'} = {}) => {
  // A second fill of the same queue goes on with other messages.
  const random = randomFrom(queue.seed * 1_000_003 + queue.progress.added)
  const work = {random, queue, shape: {...usualShape, ...shape}, localDomain}
  /** @type {Filled} */
  const filled = {numbers: [], recipients: 0, pending: 0, todo: 0, bounces: 0}
  const before = process.cwd()
  process.chdir(queue.dir)
  const here = {...queue, dir: '.'}
  try {
    withoutUmask(() => {
      for (let index = 0; index < count; index += 1) {
        const spec = specOf(work)
        filled.numbers.push(addMessageRaw(here, spec))
        filled.recipients += spec.recipients.length
        filled.pending += spec.recipients.filter((recipient) => !recipient.done).length
        if (spec.state === 'todo') filled.todo += 1
        if (spec.state === 'pending-bounce') filled.bounces += 1
      }
    })
  } finally {
    process.chdir(before)
  }
  return filled
}
