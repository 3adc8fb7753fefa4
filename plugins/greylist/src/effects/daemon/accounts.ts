// Users and groups by name, and becoming one of them.
import {OpsError} from 'mailops/core'
import {run} from 'mailops/effects'

/** Numbers of a user. */
export interface Account {
  readonly user: string
  readonly uid: number
  readonly gid: number
}

const entry = async (database: 'passwd' | 'group', name: string): Promise<string[] | null> => {
  // getent(1) asks all that nsswitch.conf names; Node itself looks up no one but us.
  const {status, stdout} = await run(['getent', database, name], {timeoutMs: 10_000})
  return status === 0 ? (stdout.split('\n')[0] ?? '').split(':') : null
}

/**
 * The number of a group.
 * @param group name or number
 * @throws OpsError 78 `NO_GROUP`
 */
export const groupId = async (group: string): Promise<number> => {
  if (/^\d+$/.test(group)) return Number(group)
  const found = await entry('group', group)
  if (found === null) throw new OpsError('NO_GROUP', `there is no group ${group}`, {exit: 'configuration', hint: `groupadd --system ${group}, or name another`})
  return Number(found[2])
}

/**
 * The numbers of a user, with its own group unless another is named.
 * @throws OpsError 78 `NO_USER`, `NO_GROUP`
 */
export const accountOf = async (user: string, group?: string): Promise<Account> => {
  const found = await entry('passwd', user)
  if (found === null) throw new OpsError('NO_USER', `there is no user ${user}`, {exit: 'configuration', hint: `useradd --system --shell /usr/sbin/nologin ${user}`})
  return {user: found[0] ?? user, uid: Number(found[2]), gid: group === undefined ? Number(found[3]) : await groupId(group)}
}

/** Gives up being root for good: groups first, since afterwards that is not allowed any more. */
export const become = ({user, uid, gid}: Account): void => {
  // There on every POSIX system; @types/node leaves it out.
  ;(process as {initgroups?: (user: string, gid: number) => void}).initgroups?.(user, gid)
  process.setgid?.(gid)
  process.setuid?.(uid)
}
