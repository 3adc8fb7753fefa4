// The message itself: the Received line of qmail-queue, headers, a body
// @ts-check

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * A time as qmail writes it, date822fmt.c: `2 Jan 2026 03:04:05 -0000`.
 * @param {number} seconds since 1970
 * @returns {string} the date
 */
export const qmailDate = (seconds) => {
  const time = new Date(seconds * 1000)
  const clock = time.toISOString().slice(11, 19)
  return `${time.getUTCDate()} ${MONTHS[time.getUTCMonth()]} ${time.getUTCFullYear()} ${clock} -0000`
}

/**
 * @typedef {object} TextSpec
 * @property {number} pid  of the qmail-queue that took it
 * @property {number} birth  seconds since 1970
 * @property {string} sender  envelope sender: '' says "invoked for bounce"
 * @property {string} from  header address
 * @property {string} to  header address
 * @property {string} [subject]  raw, a character a byte; no Subject line at all when absent
 * @property {readonly string[]} [headers]  further lines, without line end
 * @property {string} [body]  a character a byte
 */

/**
 * The bytes of mess/N.
 * @param {TextSpec} spec what it says
 * @returns {Buffer} the file, LF line ends
 */
export const messageText = ({pid, birth, sender, from, to, subject, headers = [], body = 'Hello,\n\nno news.\n'}) => {
  const invoked = sender === '' ? 'for bounce' : pid % 3 === 0 ? 'by uid 1000' : 'from network'
  const smtp = [
    `Received: from unknown (HELO client.example) (192.0.2.${pid % 250})`,
    `  by mx.example with SMTP; ${qmailDate(birth)}`,
  ]
  const lines = [
    `Received: (qmail ${pid} invoked ${invoked}); ${qmailDate(birth)}`,
    ...(invoked === 'from network' ? smtp : []),
    `Date: ${DAYS[new Date(birth * 1000).getUTCDay()]}, ${qmailDate(birth)}`,
    `Message-ID: <${birth}.${pid}.qmail@mx.example>`,
    `From: ${from}`,
    `To: ${to}`,
    ...(subject === undefined ? [] : [`Subject: ${subject}`]),
    ...headers,
  ]
  return Buffer.from(`${lines.join('\n')}\n\n${body}`, 'latin1')
}
