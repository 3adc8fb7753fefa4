// The words of the policy: what is asked, what is answered, what can be set. Times are milliseconds since the epoch, spans milliseconds.

/** How far a session has come when it is asked about; a policy without an envelope yet is asked at `connect` or `helo`. */
export type Stage = 'connect' | 'helo' | 'mail' | 'rcpt' | 'data' | 'end'

/** What tcp.smtp sets for a client through GREYLIST and GREYLIST_*. */
export interface Override {
  /** `pass`: GREYLIST is set and empty; `reject`: it has a text. */
  readonly mode?: 'pass' | 'reject'
  readonly text?: string
  readonly delay?: number
  readonly window?: number
  readonly keep?: number
}

/** One question, as any of the protocols puts it. Members that the protocol does not know are absent. */
export interface Request {
  /** Address of the client as text: IPv4, IPv6, v4-mapped, with or without scope; '' when it is not known. */
  readonly client: string
  /** Verified name of the client; absent or `unknown` when it has none. */
  readonly clientName?: string
  readonly helo?: string
  /** Envelope sender without angle brackets, '' for the null sender; absent when there is no envelope yet. */
  readonly sender?: string
  /** Envelope recipient; absent when there is none yet, or several. */
  readonly recipient?: string
  readonly stage: Stage
  /** True for RELAYCLIENT: never greylisted. */
  readonly relayClient?: boolean
  /** sasl_username: never greylisted. */
  readonly authenticated?: string
  /** Postfix's `instance`: the same for all recipients of one message. */
  readonly instance?: string
  readonly override?: Override
  /** Where it was asked, for the log and for settings of its own: what `Listener.name` says. */
  readonly listener?: string
}

/** Why a decision fell as it did. Stable: log lines, metrics and scripts rest on them. */
export type Reason =
  // pass
  | 'relay-client'
  | 'authenticated'
  | 'override'
  | 'allow-listed'
  | 'opted-out'
  | 'provider'
  | 'null-sender'
  | 'known'
  | 'retried'
  | 'spf'
  | 'limit'
  | 'no-address'
  | 'store-fault'
  | 'disk-full'
  // defer (pass in learning mode)
  | 'new'
  | 'early'
  // reject
  | 'block-listed'

/** The answer to a request. Every protocol turns it into its own words. */
export interface Decision {
  readonly action: 'pass' | 'defer' | 'reject'
  readonly reason: Reason
  /** True when only learning mode let it pass: `reason` says what it would have been. */
  readonly learning?: true
  /** For the client, without SMTP code: in a deferral and a rejection. */
  readonly text?: string
  /** Milliseconds until a retry passes, in a deferral. */
  readonly wait?: number
  /** Milliseconds since first sight, when a retry passes for the first time. */
  readonly delayed?: number
  /** `X-Greylist: delayed N seconds by HOST`: to be prepended, given once a message. */
  readonly header?: string
  /** Key of the entry that decided: network, and sender and recipient as they were normalised. */
  readonly network?: string
  readonly sender?: string
  readonly recipient?: string
  /** Of that entry: first sight, attempts so far (this one included). */
  readonly first?: number
  readonly tries?: number
  /** The entry of a list, the provider or the SPF domain that decided. */
  readonly by?: string
}

/** Times and sizes that each listener may have of its own. */
export interface Timing {
  /** From first sight until a retry passes. */
  readonly delay: number
  /** From first sight until a pending entry is given up. */
  readonly window: number
  /** From last use until a passed entry is given up. */
  readonly keep: number
  /** Prefix lengths that make one client network. */
  readonly ipv4: number
  readonly ipv6: number
}

/** What keeps an attack from filling the store. */
export interface Limits {
  /** Pending entries of one /16 (`ipv4`) or /48 (`ipv6`); beyond it a client passes unrecorded. */
  readonly perGroup: number
  readonly ipv4: number
  readonly ipv6: number
  /** Pending entries in all; beyond it the oldest goes. */
  readonly pending: number
}

/** What an entry of a list is compared with. `domain` is the domain of the sender, with all below it. */
export type RuleKind = 'ip' | 'client' | 'helo' | 'sender' | 'recipient' | 'domain'
export type RuleList = 'allow' | 'block' | 'opt-out' | 'opt-in'

/** One entry of a list. */
export interface Rule {
  readonly list: RuleList
  readonly kind: RuleKind
  /** Canonical: CIDR or address for `ip`, lower case for the others; `*` matches any text, a leading `.` all below a domain. */
  readonly value: string
  /** Why, for people. */
  readonly note?: string
  /** When it was added; absent for those of the settings file. */
  readonly added?: number
}

/** Settings of the policy. */
export interface PolicySettings extends Timing {
  readonly learning: boolean
  /** Sent with a deferral; `%s` becomes the seconds left, `%c` the client. */
  readonly text: string
  /** Sent with a rejection by the block list. */
  readonly blockText: string
  /** False: only the triplet passes after its retry, not its whole network. */
  readonly passNetwork: boolean
  /** `opted-in`: only recipients on the opt-in list are greylisted. */
  readonly recipients: 'all' | 'opted-in'
  /** False: the providers' ranges are greylisted like everybody. */
  readonly providers: boolean
  /** False: no SPF look-ups. */
  readonly spf: boolean
  /** X-Greylist on what passes after a retry. */
  readonly header: boolean
  readonly limits: Limits
}

/** Where to listen: `unix:PATH` or `inet:HOST:PORT`, with `,mode=0660,group=postfix,delay=5m,...` after it. */
export interface Listener {
  /** As it was written, without its options: what Request.listener says. */
  readonly name: string
  readonly address: {readonly path: string} | {readonly host: string; readonly port: number}
  /** Permission bits of a Unix socket. */
  readonly mode?: number
  /** Name or number, of a Unix socket. */
  readonly group?: string
  /** What differs here from the settings of all. */
  readonly timing?: Partial<Timing>
  readonly text?: string
}

/** Form of the log line that each decision gets. */
export type LogForm = 'json' | 'classic' | 'off'

/** Everything that /etc/mailops/greylist.json and the flags of `serve` can say. */
export interface Settings extends PolicySettings {
  /** Of the filter's line protocol. */
  readonly socket: Listener
  readonly policy: readonly Listener[]
  readonly exim: readonly Listener[]
  /** The SQLite file: the store itself, or the cache in front of `store`. */
  readonly db: string
  /** `redis://...`; absent: SQLite alone. */
  readonly store?: string
  readonly metrics?: {readonly host: string; readonly port: number}
  readonly log: LogForm
  /** `IP` or `IP:PORT`; absent: the system's. */
  readonly resolver?: string
  /** User and group to become when started as root; absent: stay. */
  readonly user?: string
  readonly group?: string
  /** Lists that the settings file holds, beside those of the store. */
  readonly rules: readonly Rule[]
  /** Where these settings were read; absent when there is no file. */
  readonly file?: string
}
