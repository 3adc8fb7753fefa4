// What doctor says of one queue, from the facts about it.
import {bytesText, plural, type DoctorFinding} from 'mailops/core'

import type {LayoutProblem} from '../queue/recognise.js'
import type {QueueLayout} from '../queue/layout.js'

/** The facts, as effects/check/queue-facts.ts gathers them. */
export interface DoctorFacts {
  readonly queue: {readonly path: string; readonly layout: QueueLayout; readonly problems: readonly LayoutProblem[]}
  readonly messages: number
  readonly running: boolean
  readonly pid: number | null
  readonly service: string | null
  readonly trash: {readonly count: number; readonly messages: number; readonly bytes: number; readonly broken: number}
}

const layoutText = ({split, bigTodo, channels}: QueueLayout): string =>
  `split ${split}, todo ${bigTodo ? 'split' : 'flat'}, channels ${channels.join(', ')}`

const sendFinding = ({queue, running, pid, service}: DoctorFacts): DoctorFinding => {
  if (!running)
    return {code: 'QMAIL_SEND_DOWN', severity: 'note', text: `no qmail-send runs on ${queue.path}: nothing is delivered from it`}
  const who = pid === null ? 'a process that cannot be seen from here' : `pid ${pid}`
  const by = service === null ? 'who controls it cannot be told' : `controlled by ${service}`
  return {code: 'QMAIL_SEND', severity: 'ok', text: `qmail-send runs on ${queue.path} (${who}), ${by}`}
}

const trashFindings = ({queue, trash}: DoctorFacts): DoctorFinding[] => {
  const found: DoctorFinding[] = []
  if (trash.count > 0)
    found.push({
      code: 'QMAIL_TRASH',
      severity: 'note',
      text: `${plural(trash.count, 'trash', 'trashes')} in ${queue.path}: ${plural(trash.messages, 'message')}, ${bytesText(trash.bytes)}, freed only by emptying`,
      hint: `mailops qmail trash list --queue ${queue.path}`,
    })
  if (trash.broken > 0)
    found.push({code: 'QMAIL_TRASH_BROKEN', severity: 'problem', text: `${plural(trash.broken, 'directory', 'directories')} in the place of a trash of ${queue.path} cannot be read`, hint: `ls -l ${queue.path}/.mailops-trash`})
  return found
}

/** Takes the facts of a queue and returns the findings: where and how it is, who runs it, what its trashes hold. */
export const doctorFindings = (facts: DoctorFacts): DoctorFinding[] => {
  const {queue, messages} = facts
  const problems = queue.problems.filter(({severity}) => severity !== 'warning')
  return [
    {code: 'QMAIL_QUEUE', severity: 'ok', text: `qmail queue ${queue.path}: ${layoutText(queue.layout)}; ${plural(messages, 'message')}`},
    ...problems.slice(0, 1).map(({message}): DoctorFinding => ({
      code: 'QMAIL_QUEUE_DAMAGED',
      severity: 'problem',
      text: `${queue.path}: ${message}${problems.length > 1 ? `, and ${problems.length - 1} more` : ''}`,
      hint: `mailops qmail check --queue ${queue.path}`,
    })),
    sendFinding(facts),
    ...trashFindings(facts),
  ]
}
