// Control over services, whoever supervises them: find, stop for a while, bring back exactly.
export * from './types.js'
export {bareProcess, custom, sysv} from './commands.js'
export {detectService, serviceAt, type DetectOptions} from './detect.js'
export {stopped, type Stopped, type StoppedOptions} from './stopped.js'
export {daemontools, runit, s6} from './supervised.js'
export {systemd} from './systemd.js'
