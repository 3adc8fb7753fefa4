// Makes a Service of the commands of one kind: runs them, and turns their complaints into errors that name the service.
import {OpsError} from '../../errors.js'
import {oneLine} from '../lock/identity.js'
import {run, type Argv} from '../process.js'
import type {Service, ServiceKind, ServiceState} from './types.js'

const COMMAND_TIMEOUT_MS = 120_000
const NOT_PERMITTED = /permission denied|access denied|not permitted|authentication (is )?required/i

/** How a command of a service ended; `output` is what it said on stderr. */
export interface Report {
  status: number | null
  output: string
}

interface Recipe {
  kind: ServiceKind
  name: string
  stop: Argv
  start: Argv | null
  alarm?: Argv
  loose?: boolean
  servingPid?: number | undefined
  state: () => Promise<ServiceState>
}

/** A service as people read it: `/service/qmail-send (daemontools)`. */
export const describeService = (kind: ServiceKind, name: string): string => `${name} (${kind})`

/**
 * The error of a command that did not do what it was asked, or null. svc(8) ends with 0 whatever happened and only warns:
 * from daemontools any word on stderr is a failure.
 */
export const complaint = (service: Pick<Service, 'kind' | 'describe'>, argv: Argv, {status, output}: Report): OpsError | null => {
  const said = oneLine(output)
  if (status === 0 && (service.kind !== 'daemontools' || said === '')) return null
  const why = said === '' ? `status ${status ?? 'none: killed'}` : said
  const message = `cannot control ${service.describe}: ${argv.join(' ')}: ${why}`
  if (NOT_PERMITTED.test(said))
    return new OpsError('SERVICE_NOT_PERMITTED', message, {exit: 'noPermission', hint: 'run it as root'})
  return new OpsError('SERVICE', message, {exit: 'unavailable'})
}

/** A Service of its commands and the way to look at it. */
export const makeService = (recipe: Recipe): Service => {
  const {kind, name, stop, start, alarm, loose = false, servingPid = null, state} = recipe
  const describe = describeService(kind, name)
  const control = async (argv: Argv): Promise<void> => {
    const outcome = await run(argv, {timeoutMs: COMMAND_TIMEOUT_MS, discardOutput: loose})
    const error = complaint({kind, describe}, argv, {status: outcome.status, output: outcome.stderr})
    if (error !== null) throw error
  }
  return {
    kind, name, describe, stopArgv: stop, startArgv: start, loose, servingPid, state,
    stop: async () => {
      if ((await state()).up === false)
        throw new OpsError('ALREADY_DOWN', `${describe} is down already`, {exit: 'tryAgain'})
      await control(stop)
    },
    start: async () => {
      if (start === null) throw cannotStart(describe)
      await control(start)
    },
    ...(alarm !== undefined && {alarm: () => control(alarm)}),
  }
}

/** The error for a service that we could stop but not bring back (64). */
export const cannotStart = (describe: string): OpsError =>
  new OpsError('CANNOT_START', `${describe} could be stopped but not started again: no supervisor was found`, {
    exit: 'usage', hint: 'name the command that starts it: --start-command',
  })
