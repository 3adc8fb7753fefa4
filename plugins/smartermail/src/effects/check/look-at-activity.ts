// Whether an installation is at rest: processes, locks, recent writes, leftovers, spool.
import * as fs from 'node:fs'
import {join} from 'node:path'

import type {StatePlace} from 'mailops/effects'

import {finding, type Finding} from '../../check/finding.js'
import type {Inventory} from '../../inventory/inventory.js'
import type {ServiceFolder} from '../inventory/service-folder.js'
import {tracesOf} from '../migrate/running.js'
import {recentWrite} from '../migrate/target.js'

const LEFTOVER = /\.(?:lock|lck|pid|tmp)$/i

const namesOf = (directory: string): string[] => {
  try {
    return fs.readdirSync(directory)
  } catch {
    return [] // not there, or closed to us: nothing can be said
  }
}

const leftovers = ({path, configDirectory}: ServiceFolder): Finding[] =>
  [...new Set(['', configDirectory])].flatMap(directory =>
    namesOf(join(path, directory)).filter(name => LEFTOVER.test(name)).map(name => finding('LOCK_FILE', directory === '' ? name : `${directory}/${name}`, 'a service runs, or was stopped uncleanly: compare the file it stands for with its last good copy')),
  )

/** Messages are pairs of N.eml and N.hdr, in the spool itself and in SubSpoolN. */
const waiting = (spool: string): number =>
  namesOf(spool).reduce((sum, name) => {
    if (/\.hdr$/i.test(name)) return sum + 1
    return /^(?:SubSpool\d+|proc|Drop)$/i.test(name) ? sum + namesOf(join(spool, name)).filter(one => /\.hdr$/i.test(one)).length : sum
  }, 0)

/** What shows that the installation is in use. */
export const lookAtActivity = async (folder: ServiceFolder, inventory: Inventory, place: StatePlace): Promise<Finding[]> => {
  const traces = await tracesOf(folder.path, folder.entries.map(({path}) => path), place)
  const recent = recentWrite(folder)
  const spools = inventory.directories.flatMap(({kind, local}) => (kind === 'spool' && local !== null ? [local] : []))
  return [
    ...traces.map(trace => finding('SERVICE_RUNS', folder.path, `is in use by ${trace}`)),
    ...(recent === null ? [] : [finding('RECENT_WRITE', folder.path, recent)]),
    ...leftovers(folder),
    ...spools.flatMap(spool => {
      const count = waiting(spool)
      return count === 0 ? [] : [finding('SPOOL_ACTIVE', spool, `${count} messages wait: let it drain before the last copy`)]
    }),
  ]
}
