// What the plan of new keys carries: all that undo and recover need to find it again.
import type {BulkChange, JsonObject} from 'mailops/core'

import type {Owners} from './layout.js'

/** The name under which renewals stand in the journal. */
export const RENEWAL = 'exim.serviceauth'

/** One service whose keys are renewed. */
export type RenewedService = {
  readonly service: string
  /** Inode of its directory when the plan was made; null: it was not there. */
  readonly ino: string | null
  /** Prove its keys by a login. */
  readonly prove: boolean
}

/** What a plan says of it; a type, not an interface, so that it is a JsonObject. */
export type RenewalArgs = {
  /** Resolved path of serviceauth, and its device. */
  readonly base: string
  readonly dev: string
  /** Names the place beside serviceauth where the old keys go. */
  readonly token: string
  readonly services: readonly RenewedService[]
  /** For /bin/sh -c: what makes cPanel make new keys. */
  readonly restart: string
  readonly waitSeconds: number
  /** `host:port` of the server that has to take the new keys; null: none. */
  readonly verify: string | null
  /** Make the keys instead of waiting for the monitor. */
  readonly generate: boolean
  /** As `Owners`. */
  readonly uid: number
  readonly mailGid: number | null
}

/** The arguments of a change of ours. */
export const renewalArgs = (args: JsonObject): RenewalArgs => args as RenewalArgs

/** Whose keys they should be. */
export const ownersOf = ({uid, mailGid}: RenewalArgs): Owners => ({uid, mailGid})

/** Where the old keys go: beside serviceauth, since cPanel takes every directory in it for a service. */
export const asideOf = ({base, token}: Pick<RenewalArgs, 'base' | 'token'>): string => `${base}.mailops-${token}`

/** The bulk change that renews keys. */
export const renewalChange = (args: RenewalArgs): BulkChange => ({
  kind: 'bulk',
  handler: RENEWAL,
  direction: 'apply',
  args,
  undoable: true,
  summary: `new keys for ${args.services.map(({service}) => service).join(', ')} in ${args.base}`,
  why: 'the old ones are backed up and set aside',
})

/** The steps in words, for people who are asked. */
export const renewalSteps = (args: RenewalArgs): string[] => {
  const {base, services, restart, waitSeconds, verify, generate} = args
  const old = services.filter(({ino}) => ino !== null).map(({service}) => service)
  const proved = services.filter(({prove}) => prove).map(({service}) => service)
  const steps = [
    ...(old.length === 0
      ? []
      : [
          `back up ${old.join(', ')} (tar, mode 0600), then move ${old.map(name => `${base}/${name}`).join(', ')} to ${asideOf(args)}`,
        ]),
    ...(generate ? ['make new keys'] : []),
    `run: ${restart}`,
    ...(generate ? [] : [`wait up to ${waitSeconds} s for send and recv with right length, owner and mode`]),
    verify === null || proved.length === 0
      ? 'no login to prove the new keys'
      : `log in at ${verify} with the new keys of ${proved.join(', ')}; anything but 235 brings the old ones back`,
  ]
  return steps.map((step, index) => `  ${index + 1}. ${step}`)
}
