// mailops doctor: is this machine fit for mailops, and which mail servers are here?
import {MailopsCommand} from '../command.js'
import type {DoctorFinding} from '../doctor-finding.js'
import {pluginFindings} from '../doctor-hook.js'
import {lockProgram, stateFitness, tracesOf} from '../effects/fitness.js'
import {isRunning, isUnfinished, listJournals, type Journals} from '../effects/journal-entries.js'
import {statePlace, type StatePlace} from '../effects/state.js'
import {isOpsError} from '../errors.js'
import {MAIL_SERVERS} from '../mail-servers.js'
import {terminalSafe} from '../output/terminal-safe.js'
import {bytesText, plural} from '../output/units.js'
import type {JsonObject} from '../plan.js'

const isFitNode = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major === 20 ? minor >= 19 : major === 22 ? minor >= 15 : major > 22
}

const nodeFinding = (version: string): DoctorFinding =>
  isFitNode(version)
    ? {code: 'NODE', severity: 'ok', text: `Node ${version}`}
    : {code: 'NODE_TOO_OLD', severity: 'problem', text: `Node ${version}; 20.19 or newer, or 22.15 or newer, is needed`}

const stateFinding = (place: StatePlace): DoctorFinding => {
  const {path, exists, ours, writable, freeBytes} = stateFitness(place)
  const room = `${bytesText(freeBytes)} free`
  if (!ours)
    return {
      code: 'STATE_NOT_OURS',
      severity: 'problem',
      text: `state directory ${path} is not a directory of this user, who could be misled by what is in it`,
      hint: 'name another with MAILOPS_STATE_DIR, or run as its owner',
    }
  if (!writable)
    return {
      code: 'STATE_NOT_WRITABLE',
      severity: 'problem',
      text: `state directory ${path} cannot be ${exists ? 'written' : 'made'} by this user`,
      hint: 'run as root, or name another with MAILOPS_STATE_DIR',
    }
  return {code: 'STATE', severity: 'ok', text: `state in ${path}${exists ? '' : ' (made when first needed)'}, ${room}`}
}

const lockFinding = (): DoctorFinding => {
  const {program, missing} = lockProgram()
  if (missing) return {code: 'NO_LOCK_PROGRAM', severity: 'problem', text: `${program}(1) is not on this machine; nothing can be locked`}
  return {code: 'LOCK', severity: 'ok', text: program === null ? 'locks by lock files' : `locks by ${program}(1)`}
}

const journalFinding = async (place: StatePlace): Promise<DoctorFinding> => {
  let journals: Journals
  try {
    journals = listJournals(place)
  } catch (error) {
    if (!isOpsError(error)) throw error
    // Doctor must get to its end above all where something is wrong.
    return {code: 'JOURNAL_UNREADABLE', severity: 'problem', text: error.message, ...(error.hint !== undefined && {hint: error.hint})}
  }
  const {entries, unreadable} = journals
  const open = await Promise.all(entries.filter(isUnfinished).map(async entry => ({entry, running: await isRunning(entry, place)})))
  const left = open.filter(({running}) => !running)
  if (unreadable.length > 0)
    return {code: 'JOURNAL_DAMAGED', severity: 'problem', text: `${plural(unreadable.length, 'journal')} cannot be read: ${unreadable[0]?.path}`}
  return left.length === 0
    ? {code: 'UNFINISHED', severity: 'ok', text: `${plural(entries.length, 'change')} in the journal, none unfinished`}
    : {code: 'UNFINISHED', severity: 'problem', text: `${plural(left.length, 'change')} unfinished`, hint: 'mailops recover'}
}

const MARK = {ok: 'ok     ', note: 'note   ', problem: 'PROBLEM'} as const

export default class Doctor extends MailopsCommand {
  static override summary = 'is this machine fit for mailops, and which mail servers are here'
  static override description =
    'Looks at Node, privileges, the state directory and locking, at changes that were cut off, and at the mail servers ' +
    'of this machine and what mailops can do for each. Changes nothing.\n\nExit status: 0 fit, 1 there are problems.'
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --json']

  override async run(): Promise<JsonObject> {
    const {flags} = await this.parse(Doctor)
    this.listen(flags)
    const place = statePlace()
    const uid = process.getuid?.()
    const findings: DoctorFinding[] = [
      nodeFinding(process.versions.node),
      uid === undefined || uid === 0
        ? {code: 'PRIVILEGES', severity: 'ok', text: uid === undefined ? 'privileges as Windows gives them' : 'running as root'}
        : {code: 'NOT_ROOT', severity: 'note', text: `running as uid ${uid}: what only root may read or change is out of reach`},
      stateFinding(place),
      lockFinding(),
      await journalFinding(place),
      ...(await pluginFindings(this.config)),
    ]
    const servers = MAIL_SERVERS.map(server => ({...server, traces: tracesOf(server)}))
      .filter(({traces}) => traces.length > 0)
      .map(({topic, name, traces}) => ({
        name,
        where: traces,
        commands: this.config.commandIDs.filter(id => id.startsWith(`${topic}:`)).map(id => `mailops ${id.replaceAll(':', ' ')}`),
      }))
    for (const {severity, text, hint} of findings)
      this.data(`${MARK[severity]}  ${terminalSafe(text)}${hint === undefined ? '' : `; try: ${hint}`}`)
    for (const {name, where, commands} of servers)
      this.data(`found    ${name}: ${where.join(', ')}${commands.length === 0 ? ' (no commands for it in this version)' : ''}`)
    if (servers.length === 0) this.data('note     no mail server that mailops knows was found here')
    if (findings.some(({severity}) => severity === 'problem')) process.exitCode = 1
    return {node: process.versions.node, uid: uid ?? null, state: place.state, findings: findings.map(one => ({...one})), servers}
  }
}
