// Envelope addresses as keys: what a mailing list, a forwarder or a bounce tag writes anew for each message is taken out.

/** How the null sender stands in a key, so that '' can mean: no envelope. */
export const NULL_SENDER = '<>'

/** Longer than any address may be (RFC 5321 4.5.3.1: 64 + 1 + 255). */
const MOST = 320

const split = (address: string): readonly [string, string] => {
  const at = address.lastIndexOf('@')
  return at < 0 ? [address, ''] : [address.slice(0, at), address.slice(at + 1)]
}

/** The domain of an address in lower case, '' when it has none. */
export const domainOf = (address: string): string => split(address)[1].toLowerCase().replace(/\.$/, '')

// SRS0=hash=day=domain=local@forwarder and SRS1=hash=forwarder==hash=day=domain=local@forwarder (libsrs2); the sign
// after SRS0 may be = + or -.
const SRS0 = /^srs0[=+-][^=]*=[^=]*=([^=]+)=(.+)$/
const SRS1 = /^srs1[=+-][^=]*=[^=]+==?[^=]*=[^=]*=([^=]+)=(.+)$/
// BATV (draft-levine-smtp-batv): prvs=tag=local, the older prvs=local/tag, Barracuda's btv1==tag==local, Exchange's msprvs1=.
const BATV = [/^prvs=[^=/]+=(.+)$/, /^prvs=([^=/]+)\/[0-9a-z]+$/, /^btv1==[^=]*==(.+)$/, /^msprvs1=[^=]*=(.+)$/]

/** No protocol lets control characters through; a key must not have them, since stores part its texts by a line end. */
const plain = (address: string): string => address.slice(0, MOST).toLowerCase().replace(/[\u0000-\u001f\u007f]/g, '?').replace(/\.$/, '')

const unwrapped = (address: string): string => {
  const [local, domain] = split(address)
  const srs = SRS0.exec(local) ?? SRS1.exec(local)
  if (srs !== null) return `${srs[2]}@${srs[1]}`
  for (const form of BATV) {
    const match = form.exec(local)
    if (match !== null) return domain === '' ? (match[1] ?? local) : `${match[1]}@${domain}`
  }
  return address
}

/** A word that no person chose: digits alone, or letters and digits as hashes and message numbers have them. */
const isSerial = (word: string): boolean =>
  /^\d+$/.test(word) || /^[0-9a-f]{10,}$/.test(word) || (/^[0-9a-f]{6,}$/.test(word) && /\d/.test(word)) || (word.length >= 12 && (word.match(/\d/g)?.length ?? 0) >= 3)

const withoutSerials = (local: string): string =>
  local
    .split(/([-.+=_/])/)
    .map(word => (isSerial(word) ? '#' : word))
    .join('')
    .replace(/#(?:[-.+=_/]#)+/g, '#')

/** list-return-12-user=example.org (VERP): the list stays, the recipient in it goes. */
const withoutVerp = (local: string): string => {
  if (!/.=[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}$/.test(local)) return local
  const cut = local.search(/[-+=_]/)
  return cut < 1 ? local : `${local.slice(0, cut)}#`
}

const withoutExtension = (local: string): string => {
  const plus = local.indexOf('+')
  return plus < 1 ? local : local.slice(0, plus)
}

/**
 * A sender as part of a key: the same for all messages of one list, forwarder or bounce tag. Coarser than the address,
 * never finer, so a retry always has the key of its first attempt.
 */
export const senderKey = (sender: string): string => {
  if (sender === '') return NULL_SENDER
  let address = plain(sender)
  // A forwarded bounce tag is wrapped twice; nothing is wrapped more than a few times.
  for (let n = 0; n < 4; n++) address = unwrapped(address)
  const [local, domain] = split(address)
  const key = withoutSerials(withoutVerp(withoutExtension(local)))
  // Of @ alone nothing would be left, which means that there is no envelope.
  return domain === '' ? key || address : `${key}@${domain}`
}

/** A recipient as part of a key. */
export const recipientKey = (recipient: string): string => plain(recipient)
