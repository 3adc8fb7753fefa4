// All that a check of one domain rests on.
import type {RouteTest, RouterOptions} from './exim-output.js'
import type {MxAnswer, Routing} from './mx.js'
import type {Mxcheck} from './mxcheck.js'
import type {MailSystem} from './system.js'

/** What Exim itself says. */
export interface EximView {
  readonly path: string
  readonly config: string | null
  readonly route: RouteTest
  readonly routers: readonly RouterOptions[]
  readonly options: ReadonlyMap<string, string>
  /** Whether it finds the domain in its lists; null where it has no such list. */
  readonly isLocal: boolean | null
  readonly isRelayed: boolean | null
}

/** One domain, as seen. */
export interface DomainFacts {
  readonly domain: string
  /** What a command about it has to be given to look the same way: ` --root /mnt/old`, or nothing. */
  readonly how: string
  readonly system: MailSystem
  /** The account that cPanel says owns it; null: nobody, or no cPanel. */
  readonly owner: string | null
  readonly mxcheck: Mxcheck | null
  readonly answer: MxAnswer
  readonly routing: Routing
  readonly authority: {readonly server: string; readonly answer: MxAnswer} | null
  readonly zone: {readonly path: string; readonly answer: MxAnswer} | null
  readonly own: readonly {readonly address: string; readonly from: string}[]
  readonly isBehindNat: boolean
  /** Null: no Exim to ask. */
  readonly exim: EximView | null
  /** Ids of frozen messages for it; null: nobody to ask. */
  readonly frozen: readonly string[] | null
}
