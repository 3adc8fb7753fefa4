// Services below a supervisor with a service directory: daemontools (svc), runit (sv), s6 (s6-svc).
import {OpsError} from '../../errors.js'
import {run, type Argv} from '../process.js'
import {complaint, describeService, makeService} from './make.js'
import {isSupervised, readStatus, type SuperviseStatus} from './supervise-status.js'
import type {Service, ServiceState} from './types.js'

const DOWN: ServiceState = {up: false, pid: null, goingDown: false, resume: null}

const notSupervised = (describe: string): OpsError =>
  new OpsError('NOT_SUPERVISED', `${describe} has no running supervisor`, {
    exit: 'unavailable', hint: 'look whether svscan, runsvdir or s6-svscan runs',
  })

/**
 * A process that wants to be down is going down already: it is neither stopped again nor brought back. runit and s6
 * say the same of one that was started to run once; taking that for a stop changes nothing, the reverse would start it.
 */
const stateOf = ({pid, wants}: SuperviseStatus, resume: Argv): ServiceState => {
  const runs = pid !== 0
  if (!runs && wants !== 'up') return DOWN
  const goingDown = wants === 'down'
  return {up: true, pid: runs ? pid : null, goingDown, resume: goingDown ? null : resume}
}

/** supervise(8) of daemontools, by its absolute service directory. */
export const daemontools = (directory: string): Service => makeService({
  kind: 'daemontools',
  name: directory,
  stop: ['svc', '-d', directory],
  start: ['svc', '-u', directory],
  alarm: ['svc', '-a', directory],
  state: async () => {
    const status = isSupervised(directory) ? readStatus(directory) : null
    if (status === null) throw notSupervised(describeService('daemontools', directory))
    const flags = (status.wants === 'once' ? '-o' : '-u') + (status.paused ? 'p' : '')
    return stateOf(status, ['svc', flags, directory])
  },
})

/** runsv(8) of runit, by its absolute service directory: sv(8) takes a relative one for a name below /etc/service. */
export const runit = (directory: string): Service => makeService({
  kind: 'runit',
  name: directory,
  stop: ['sv', 'down', directory],
  start: ['sv', 'up', directory],
  alarm: ['sv', 'alarm', directory],
  state: async () => {
    const status = isSupervised(directory) ? readStatus(directory) : null
    if (status === null) throw notSupervised(describeService('runit', directory))
    return stateOf(status, ['sv', 'up', directory])
  },
})

/** s6-supervise(1), by its absolute service directory; its status file differs between versions, s6-svstat -o does not. */
export const s6 = (directory: string): Service => makeService({
  kind: 's6',
  name: directory,
  stop: ['s6-svc', '-d', directory],
  start: ['s6-svc', '-u', directory],
  alarm: ['s6-svc', '-a', directory],
  state: async () => {
    const argv: Argv = ['s6-svstat', '-o', 'up,wantedup,paused,pid', directory]
    const {status, stdout, stderr} = await run(argv, {timeoutMs: 10_000})
    const describe = describeService('s6', directory)
    const error = complaint({kind: 's6', describe}, argv, {status, output: stderr})
    if (error !== null) throw error.code === 'SERVICE' && /not running/.test(stderr) ? notSupervised(describe) : error
    const [up, wanted, paused, pid] = stdout.trim().split(' ')
    const seen = {pid: up === 'true' ? Number(pid) : 0, paused: paused === 'true'}
    return stateOf({...seen, wants: wanted === 'true' ? 'up' : 'down'}, ['s6-svc', seen.paused ? '-up' : '-u', directory])
  },
})
