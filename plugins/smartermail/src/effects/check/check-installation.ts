// The pre-flight: all that could go wrong with a move, looked at before it is begun.
import * as fs from 'node:fs'
import {dirname, resolve} from 'node:path'

import {bytesText} from 'mailops/core'
import {freeSpace, statePlace} from 'mailops/effects'

import {domainFindings, outsideFindings} from '../../check/domains.js'
import {finding, isCode, type Finding} from '../../check/finding.js'
import {eraOfVersion} from '../../inventory/config-files.js'
import type {Inventory} from '../../inventory/inventory.js'
import {isNative} from '../inventory/local-directory.js'
import {openServiceFolder, type ServiceFolder} from '../inventory/service-folder.js'
import {inventoryOf, lookAtFiles, type LookedAt} from '../inventory/take-inventory.js'
import {openTarget} from '../migrate/target.js'
import {tracesOf} from '../migrate/running.js'
import {lookAtActivity} from './look-at-activity.js'
import {lookAtData} from './look-at-data.js'

/** How it is looked at. */
export interface CheckOptions {
  readonly domains: readonly string[]
  /** Service folder of the new server. */
  readonly target: string | null
  readonly progress: (done: number, total: number) => void
}

/** What came of it. */
export interface Checked {
  readonly inventory: Inventory
  readonly findings: readonly Finding[]
  readonly files: number
  readonly bytes: number
}

const fileFindings = (looked: readonly LookedAt[]): Finding[] =>
  looked.flatMap(({file, read}) => {
    const {problem, name} = file
    const where = problem === null || problem.line === null ? name : `${name}:${problem.line}:${problem.column ?? 1}`
    return [
      ...(problem === null ? [] : [finding(isCode(problem.code) ? problem.code : 'UNREADABLE', where, problem.message)]),
      ...(read?.duplicates ?? []).map(({pointer, line, column}) => finding('DUPLICATE_MEMBER', `${name}:${line}:${column}`, `${pointer} stands twice in its object`)),
    ]
  })

const versionFindings = ({era, version}: ServiceFolder): Finding[] => {
  if (version === null) return [finding('VERSION_UNKNOWN', 'the program', 'no MailService.exe in the folder that tells it; the new server must have the same version')]
  return eraOfVersion(version) === era ? [] : [finding('ERA_MIXED', 'the program', `version ${version} does not go with files of the ${era.toUpperCase()} era: a conversion that has not run, or two installations in one folder`)]
}

const targetFindings = async (source: ServiceFolder, directory: string, bytes: number): Promise<Finding[]> => {
  const target = openTarget(directory)
  const {folder, path} = target
  const place = statePlace()
  const traces = await tracesOf(path, folder?.entries.map(entry => entry.path) ?? [], place)
  const found = traces.map(trace => finding('SERVICE_RUNS', path, `is in use by ${trace}`))
  if (folder !== null && folder.era !== source.era) found.push(finding('ERA_MISMATCH', path, `is of the ${folder.era.toUpperCase()} era, the source of the ${source.era.toUpperCase()} era`))
  else if (folder !== null && folder.version !== null && source.version !== null && folder.version !== source.version)
    found.push(finding('VERSION_MISMATCH', path, `has version ${folder.version}, the source ${source.version}: move between equal versions, then upgrade`))
  else if (folder !== null && folder.version === null) found.push(finding('VERSION_UNKNOWN', path, 'holds no program that tells its version'))
  for (const warning of target.warnings) found.push(/in use/.test(warning) ? finding('RECENT_WRITE', path, warning) : finding('TARGET_BROKEN', path, warning))
  const free = freeSpace(path).bytes
  if (free < bytes) found.push(finding('NO_SPACE', path, `${bytesText(free)} are free, ${bytesText(bytes)} are needed`))
  return found
}

const bundleFindings = (bytes: number): Finding[] => {
  const here = resolve('.')
  const free = freeSpace(fs.existsSync(here) ? here : dirname(here)).bytes
  return free >= bytes ? [] : [finding('NO_SPACE_BUNDLE', here, `${bytesText(free)} are free, the data has ${bytesText(bytes)} before it is packed`)]
}

/**
 * Checks an installation, changing nothing.
 * @throws OpsError 66 when source or target is no Service folder
 */
export const checkInstallation = async (directory: string, options: CheckOptions): Promise<Checked> => {
  const folder = openServiceFolder(directory)
  const looked = lookAtFiles(folder, {progress: options.progress})
  const inventory = inventoryOf(folder, looked, {domains: options.domains, sizes: false})
  const data = lookAtData(inventory.domains, inventory.host === 'windows')
  const config = inventory.files.reduce((sum, {bytes}) => sum + bytes, 0)
  const bytes = data.bytes + config
  const findings = [
    ...fileFindings(looked), ...versionFindings(folder),
    ...domainFindings(inventory, {isNative}), ...outsideFindings(inventory), ...data.findings,
    ...(await lookAtActivity(folder, inventory, statePlace())), ...bundleFindings(bytes),
    ...(options.target === null ? [] : await targetFindings(folder, options.target, bytes)),
  ]
  return {inventory, findings, files: data.files, bytes}
}
