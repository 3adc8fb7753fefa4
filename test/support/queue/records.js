// The bytes of the small queue files: envelopes (todo, intd), info, channel files; addresses are a character a byte
// @ts-check

/**
 * @typedef {object} Recipient
 * @property {string} address  envelope recipient, a character a byte (latin1)
 * @property {string} [channel]  where preprocessing put it: local, remote, suppl0 ...; remote when absent
 * @property {boolean} [done]  true: qmail-send is finished with it
 */

/**
 * The records of todo/N and intd/N, qmail-queue.c: user, process, sender, recipients, no closing NUL of their own.
 * @param {{uid: number, pid: number, sender: string, recipients: readonly Recipient[]}} envelope what to write
 * @returns {Buffer} the file
 */
export const envelopeBytes = ({uid, pid, sender, recipients}) =>
  Buffer.from(`u${uid}\0p${pid}\0F${sender}\0${recipients.map(({address}) => `T${address}\0`).join('')}`, 'latin1')

/**
 * The single record of info/N.
 * @param {string} sender envelope sender, '' for the null sender
 * @returns {Buffer} the file
 */
export const infoBytes = (sender) => Buffer.from(`F${sender}\0`, 'latin1')

/**
 * The records of local/N, remote/N and so on: T still to do, D done.
 * @param {readonly Recipient[]} recipients those of this channel, in order
 * @returns {Buffer} the file
 */
export const channelBytes = (recipients) =>
  Buffer.from(recipients.map(({address, done}) => `${done ? 'D' : 'T'}${address}\0`).join(''), 'latin1')

/**
 * The text that a permanent failure adds to bounce/N, qmail-send.c addbounce().
 * @param {string} address the recipient that failed
 * @param {string} [reason] one line
 * @returns {string} the paragraph, a character a byte
 */
export const bounceText = (address, reason = 'Sorry, no mailbox here by that name. (#5.1.1)') =>
  `<${address.replaceAll('\n', '_')}>:\n${reason}\n\n`
