// The Exim of this machine: asked how it routes, what it is told, and what is in its queue. It is never told to change anything here.
import {resolve} from 'node:path'

import {find, run, type Argv, type Outcome, type RunOptions} from 'mailops/effects'

import {eximOptions, eximRouters, routeTest, type RouterOptions, type RouteTest} from '../../domain/exim-output.js'

/** As distributions name it. */
const PROGRAMS = ['exim', 'exim4', '/usr/exim/bin/exim']
const ASK_MS = 60_000

/** Of RunOptions; a minute unless told. */
export type AskOptions = Pick<RunOptions, 'timeoutMs' | 'maxOutputBytes' | 'announce'>

/** An Exim that can be asked. */
export interface EximProgram {
  readonly path: string
  /** Program and what names its configuration: the beginning of every call. */
  readonly argv: Argv
  ask(args: readonly string[], options?: AskOptions): Promise<Outcome>
}

/** How it routes a domain, and the options that decide. */
export interface EximFacts {
  readonly path: string
  readonly config: string | null
  readonly routers: readonly RouterOptions[]
  readonly options: ReadonlyMap<string, string>
}

/**
 * The Exim to ask, null where there is none.
 * @param named a program that somebody named; without it one is looked for only for this machine itself
 */
export const eximAt = ({
  root,
  named,
  config,
}: {
  root: string
  named?: string | undefined
  config?: string | undefined
}): EximProgram | null => {
  // A path is made whole: an undo of a thaw may be started in another directory.
  const path = named?.includes('/') === true ? resolve(named) : named ?? (root === '/' ? PROGRAMS.map(find).find(found => found !== null) : undefined)
  if (path === undefined) return null
  return eximOf(config === undefined ? [path] : [path, '-C', config])
}

/** The Exim that a call begins with. */
export const eximOf = (argv: Argv): EximProgram => ({
  path: argv[0],
  argv,
  ask: (args, options) => run([...argv, ...args], {timeoutMs: ASK_MS, ...options}),
})

const LISTS = [
  'local_interfaces',
  'extra_local_interfaces',
  'hosts_treat_as_local',
  'primary_hostname',
  'spool_directory',
]

/** What `exim -bP` says; empty where this user may not ask. */
export const eximFacts = async (exim: EximProgram): Promise<EximFacts> => {
  const options = await exim.ask(['-bP', ...LISTS])
  const routers = await exim.ask(['-bP', 'routers'])
  const config = await exim.ask(['-bP', 'config_file'])
  return {
    path: exim.path,
    options: eximOptions(options.stdout),
    routers: eximRouters(routers.stdout),
    config: config.status === 0 ? (config.stdout.trim().split('\n').at(-1) ?? null) : null,
  }
}

/** `exim -bt postmaster@DOMAIN`. */
export const askRoute = async (exim: EximProgram, domain: string): Promise<RouteTest> => {
  const outcome = await exim.ask(['-bt', `postmaster@${domain}`])
  return outcome.timedOut ? {outcome: 'unknown', text: 'no answer in time'} : routeTest(outcome)
}

/**
 * Whether Exim itself finds a domain in a named list, whatever kinds of lookups that has; null where it has no such list.
 * @param domain in the form of `domainForm`, so that nothing in it means anything to an expansion
 */
export const isInList = async (exim: EximProgram, domain: string, list: string): Promise<boolean | null> => {
  const {stdout} = await exim.ask(['-be', `\${if match_domain{${domain}}{+${list}}{yes}{no}}`])
  const said = stdout.trim()
  return said === 'yes' ? true : said === 'no' ? false : null
}
