// Makes a bundle: what is intact of an unfinished one, the files, the manifest; then reads it again before it gets its name.
import * as fs from 'node:fs'
import {dirname} from 'node:path'

import {EXIT, OpsError, fromSystem, isOpsError} from 'mailops/core'
import {acquire, patiently, statePlace, syncDirectory} from 'mailops/effects'

import type {BundledFile, ConfigShape, Manifest} from '../../bundle/manifest.js'
import {formatOf, MOST_CONFIG_BYTES} from '../../inventory/config-files.js'
import type {LeftOut} from '../../source/source.js'
import {contentIfStill} from '../source/inside.js'
import type {Listing} from '../source/list-installation.js'
import {shapeOf} from '../verification/shapes.js'
import {addFile} from './add-files.js'
import {ArchiveWriter} from './archive-writer.js'
import type {BlockWriter} from './block-writer.js'
import {endArchive} from './end-archive.js'
import {openPart, partOf, type Part} from './part.js'
import {readThrough} from './read-through.js'
import {reuse, type Reused} from './reuse.js'
import {sidecarOf, writeSidecar} from './sidecar.js'

/** A bundle that was asked for. */
export interface BundleRequest {
  /** Path of the bundle; nothing may be there. */
  readonly output: string
  readonly passphrase: Buffer | null
  readonly resume: boolean
  /** Read the bundle again after writing. */
  readonly verify: boolean
  /** What the manifest says beside the files. */
  readonly about: Pick<Manifest, 'created' | 'era' | 'version' | 'configOnly'>
  readonly progress: (doing: 'looking' | 'bundling' | 'verifying', bytes: number, total: number) => void
  /** Ends the work between two files. */
  readonly signal?: AbortSignal
}

/** A bundle that was made. */
export interface Bundled {
  readonly manifest: Manifest
  readonly sidecar: string
  /** Length of the bundle's file. */
  readonly packedBytes: number
  /** Taken over from the unfinished bundle. */
  readonly reusedBytes: number
  readonly reusedFiles: number
}

const RESUME = 'run the same command again with --resume'

/**
 * Makes the bundle of a listing.
 * @throws OpsError 73 when something is there already, or the disk is full (the unfinished bundle stays, for --resume);
 * 75 when another process makes the same bundle; 130 when it was interrupted
 */
export const createBundle = async (listing: Listing, request: BundleRequest): Promise<Bundled> => {
  const {output} = request
  refuseExisting(output)
  const path = partOf(output)
  // An empty one is what a run leaves that failed before it had anything to write.
  const isThere = (fs.lstatSync(path, {throwIfNoEntry: false})?.size ?? 0) > 0
  if (isThere && !request.resume)
    throw new OpsError('UNFINISHED', `${path} is an unfinished bundle`, {
      exit: 'cannotCreate',
      hint: 'add --resume to go on with it, or remove it',
    })
  const lock = await lockPart(path)
  try {
    const part = openPart(path, request.passphrase)
    try {
      return await fillPart(part, listing, request)
    } catch (error) {
      throw withResume(error, path)
    } finally {
      fs.closeSync(part.fd)
    }
  } finally {
    await lock.release()
  }
}

const lockPart = async (path: string): ReturnType<typeof acquire> => {
  try {
    return await acquire(path, {create: true, runDir: statePlace().run})
  } catch (error) {
    throw fromSystem(error, 'create', path)
  }
}

const refuseExisting = (output: string): void => {
  if (!fs.existsSync(output)) return
  throw new OpsError('EEXIST', `${output} is there already`, {exit: 'cannotCreate', hint: 'name another with -o, or remove it'})
}

const fillPart = async (part: Part, listing: Listing, request: BundleRequest): Promise<Bundled> => {
  const progress = (doing: 'looking' | 'verifying') => (bytes: number) => {
    // Whatever is done by now is in the file already.
    if (request.signal?.aborted === true) throw stopped(part.path)
    request.progress(doing, bytes, listing.bytes)
  }
  const reused = await reuse(part, listing, progress('looking'))
  try {
    const manifest = await writeAll(part, listing, {...request, reused})
    const packedBytes = await reused.writer.finish()
    fs.fsyncSync(part.fd)
    if (request.verify) await readThrough(part, progress('verifying'))
    const sidecar = await giveName(part, manifest, request)
    return {manifest, sidecar, packedBytes, reusedBytes: reused.bytes, reusedFiles: reused.files.size}
  } finally {
    await reused.writer.settled()
  }
}

/** Writes what is not there yet, then the manifest of all. */
const writeAll = async (part: Part, listing: Listing, request: BundleRequest & {reused: Reused}): Promise<Manifest> => {
  const {reused} = request
  const archive = new ArchiveWriter(reused.writer)
  const files: BundledFile[] = [...reused.files.values()]
  const leftOut: LeftOut[] = [...listing.leftOut]
  for (const name of listing.emptyDirectories)
    if (!reused.directories.has(name)) await archive.add({name, directory: true, bytes: 0, mtimeMs: 0}, () => 0)
  let done = reused.bytes
  for (const listed of listing.files) {
    if (request.signal?.aborted === true) throw await interrupted(archive, reused.writer, part.path)
    if (reused.files.has(listed.full)) continue
    const added = await addFile(archive, listed)
    if ('file' in added) files.push(added.file)
    else leftOut.push(added.leftOut)
    done += listed.bytes
    request.progress('bundling', done, listing.bytes)
  }
  const {roots, domains, emptyDirectories} = listing
  const manifest: Manifest = {...request.about, roots, domains, emptyDirectories, leftOut, shapes: shapesOf(listing, files), files}
  await endArchive(archive, manifest)
  return manifest
}

/** Shapes of the configuration, of the very bytes that were bundled. */
const shapesOf = (listing: Listing, files: readonly BundledFile[]): ConfigShape[] => {
  const digests = new Map(files.map(file => [file.name, file.sha256]))
  return listing.files.filter(({full}) => full.startsWith('service/') && digests.has(full)).flatMap(({full, name, rootPath, bytes}) => {
    if (bytes > MOST_CONFIG_BYTES || formatOf(name) === 'opaque') return []
    const content = contentIfStill({rootPath, name}, digests.get(full)!)
    const shape = content === null ? null : shapeOf(full, content)
    return shape === null ? [] : [shape]
  })
}

/** What was read so far is written out, so that --resume finds it. */
const interrupted = async (archive: ArchiveWriter, writer: BlockWriter, path: string): Promise<OpsError> => {
  await archive.flush()
  await writer.finish()
  return stopped(path)
}

const stopped = (path: string): OpsError =>
  new OpsError('INTERRUPTED', `stopped; what is done so far is in ${path}`, {exit: 'interrupted', hint: RESUME})

/** The unfinished bundle stays: after a full disk most of the work is still good. */
const withResume = (error: unknown, path: string): unknown => {
  const known = fromSystem(error, 'write', path)
  if (!isOpsError(known) || known.oclif.exit !== EXIT.cannotCreate || known.hint !== undefined) return known
  return new OpsError(known.code, known.message, {exit: 'cannotCreate', hint: `make room, then ${RESUME}`, cause: known})
}

/** The sidecar first: the bundle's own name says that all is done. */
const giveName = async (part: Part, manifest: Manifest, {output}: BundleRequest): Promise<string> => {
  const sidecar = sidecarOf(output, part.framing.sealed)
  await writeSidecar(sidecar, manifest, part.framing)
  refuseExisting(output)
  try {
    patiently(() => fs.renameSync(part.path, output))
    syncDirectory(dirname(output))
  } catch (error) {
    throw fromSystem(error, 'name', output)
  }
  return sidecar
}
