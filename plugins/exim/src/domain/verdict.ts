// The decision table: what the lists say of a domain against where DNS sends its mail.
import type {MailPlace} from './mx.js'
import type {Role} from './system.js'

export type VerdictCode =
  | 'OK'
  | 'UNDECIDED'
  | 'MX_HERE_NOT_LOCAL'
  | 'BACKUP_IS_PRIMARY'
  | 'LOCAL_MX_ELSEWHERE'
  | 'NOT_BACKUP'
  | 'BACKUP_WITHOUT_MX'
  | 'CONFLICT'
  | 'NO_MAIL'

export interface Verdict {
  readonly code: VerdictCode
  readonly isFault: boolean
  readonly text: string
  /** The role that would be right; null where nothing is to be changed, or nobody can say. */
  readonly want: Role | null
}

const SELF = '"lowest numbered MX record points to local host"'

const ok = (text: string): Verdict => ({code: 'OK', isFault: false, text, want: null})
const fault = (code: VerdictCode, text: string, want: Role | null): Verdict => ({code, isFault: true, text, want})

const WANTED: Readonly<Record<MailPlace, Role | null>> = {
  'here': 'local',
  'behind': 'backup',
  'elsewhere': 'remote',
  'null-mx': 'remote',
  'nowhere': null,
  'undecided': null,
}

const whenHere = (role: Role | 'unlisted'): Verdict => {
  if (role === 'local') return ok('local, and its best MX is this machine')
  if (role === 'backup')
    return fault('BACKUP_IS_PRIMARY', `listed as backup, but its best MX is this machine: ${SELF}`, 'local')
  return fault(
    'MX_HERE_NOT_LOCAL',
    `${role === 'remote' ? 'listed as remote' : 'not listed as local'}, but its best MX is this machine: ${SELF}`,
    'local',
  )
}

const whenBehind = (role: Role | 'unlisted'): Verdict => {
  if (role === 'backup') return ok('backup, and this machine is one of its further MX')
  if (role === 'local')
    return fault(
      'LOCAL_MX_ELSEWHERE',
      'local, but its best MX is elsewhere and this machine only its backup: mail that arrives here never goes on',
      'backup',
    )
  return fault(
    'NOT_BACKUP',
    'this machine is one of its further MX, but is not its backup: mail that comes here is refused',
    'backup',
  )
}

const whenElsewhere = (role: Role | 'unlisted'): Verdict => {
  if (role === 'local')
    return fault(
      'LOCAL_MX_ELSEWHERE',
      'local, but its MX are elsewhere: mail sent from this machine never leaves it (right only where a filter service is the MX and hands on to here)',
      'remote',
    )
  if (role === 'backup') return fault('BACKUP_WITHOUT_MX', 'backup, but none of its MX is this machine', 'remote')
  return ok(role === 'remote' ? 'remote, and its MX are elsewhere' : 'not listed, routed by MX')
}

const whenNoMail = (role: Role | 'unlisted', place: 'null-mx' | 'nowhere'): Verdict => {
  const why = place === 'null-mx' ? 'it says that it takes no mail (null MX)' : 'DNS knows no host for its mail'
  if (role === 'unlisted' || role === 'remote') return {code: 'NO_MAIL', isFault: false, text: why, want: null}
  if (place === 'null-mx') return fault('LOCAL_MX_ELSEWHERE', `${role}, but ${why}`, 'remote')
  return {code: 'NO_MAIL', isFault: false, text: `${role}, though ${why}: only this machine can send to it`, want: null}
}

/** The verdict on a domain. */
export const verdictOf = (
  {role, isConflict}: {role: Role | 'unlisted'; isConflict: boolean},
  place: MailPlace,
): Verdict => {
  if (place === 'undecided')
    return {code: 'UNDECIDED', isFault: false, text: 'DNS could not say where its mail goes; ask again', want: null}
  if (isConflict) return fault('CONFLICT', `listed as ${role} and as something else too`, WANTED[place])
  switch (place) {
    case 'here':
      return whenHere(role)
    case 'behind':
      return whenBehind(role)
    case 'elsewhere':
      return whenElsewhere(role)
    case 'null-mx':
    case 'nowhere':
      return whenNoMail(role, place)
  }
}

/** Why DNS speaks against making a domain `role`; null when it does not. Undecided speaks against everything. */
export const objection = (role: Role, place: MailPlace): string | null => {
  if (place === 'undecided') return 'DNS could not say where its mail goes'
  if (place === 'nowhere') return role === 'remote' ? null : 'DNS knows no host for its mail'
  if (place === 'null-mx') return role === 'remote' ? null : 'it has a null MX: it takes no mail'
  if (place === 'here') return role === 'local' ? null : 'its best MX is this machine'
  if (place === 'behind')
    return role === 'local'
      ? 'its best MX is elsewhere, this machine is only its backup'
      : role === 'backup'
        ? null
        : 'this machine is one of its MX'
  return role === 'remote' ? null : 'its MX are elsewhere'
}
