// The plan of a repair, made from what a check found.
import {randomBytes} from 'node:crypto'

import {plural, type Plan} from 'mailops/core'

import type {Tally} from '../../check/tally.js'
import type {OpenQueue} from '../reading/open-queue.js'
import {REPAIR, type RepairArgs} from './args.js'

/** The plan that mends what can be mended: one bulk change, undoable. */
export const repairPlan = ({path, dev, ino}: OpenQueue, tally: Pick<Tally, 'mendable' | 'mendableStopped'>): Plan => {
  const args: RepairArgs = {
    queue: path, queueDev: String(dev), queueIno: String(ino), token: randomBytes(8).toString('hex'),
    findings: tally.mendable, locked: tally.mendableStopped > 0,
  }
  return {
    subject: 'qmail check --repair',
    resource: path,
    changes: [
      {
        kind: 'bulk', handler: REPAIR, direction: 'apply', args, undoable: true,
        summary: `mend ${plural(tally.mendable, 'finding')} in ${path}`,
        why: 'what is taken away goes to the trash',
      },
    ],
  }
}
