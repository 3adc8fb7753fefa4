// Looks at serviceauth: what is there and how, never through a link, never giving a key away.
import * as fs from 'node:fs'
import {dirname, join} from 'node:path'

import {fromSystem, OpsError} from 'mailops/core'
import {digestOf, readSeen} from 'mailops/effects'

import type {EntryFacts, SeenServiceauth, ServiceFacts} from '../../serviceauth/facts.js'
import {KEY_BYTES, type KeyFile} from '../../serviceauth/layout.js'

const FINGERPRINT_DIGITS = 12

const entryAt = (path: string): EntryFacts | null => {
  const seen = readSeen(path)
  if (seen === null) return null
  const {type, dev, ino, size, mode, uid, gid} = seen
  const stat = fs.lstatSync(path, {throwIfNoEntry: false})
  return {
    type,
    dev,
    ino,
    size,
    mode,
    uid,
    gid,
    links: type === 'file' ? (stat?.nlink ?? 1) : 1,
    mtimeMs: stat?.mtimeMs ?? 0,
  }
}

const keyAt = (path: string): EntryFacts | null => {
  const entry = entryAt(path)
  // Of a key that is cut short a digest would give away the rest.
  if (entry === null || entry.type !== 'file' || entry.size < KEY_BYTES || entry.size > 4096) return entry
  try {
    return {...entry, fingerprint: digestOf(path).slice(0, FINGERPRINT_DIGITS)}
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null // replaced just now: as if not there yet
    throw fromSystem(error, 'read', path)
  }
}

/** What there is of the keys of one service. */
export const lookAtService = (base: string, service: string): ServiceFacts => {
  const path = join(base, service)
  const directory = entryAt(path)
  const key = (name: KeyFile): EntryFacts | null => (directory?.type === 'directory' ? keyAt(join(path, name)) : null)
  return {service, path, directory, keys: {send: key('send'), recv: key('recv')}}
}

/** The base directory itself. */
export const lookAtBase = (path: string): EntryFacts => {
  const directory = entryAt(path)
  if (directory !== null) return directory
  throw new OpsError(
    'NO_SERVICEAUTH',
    `${path} is not there: either this is no cPanel machine, or its keys are elsewhere`,
    {
      exit: 'noInput',
      hint: 'name the directory with --dir',
    },
  )
}

/** Whose keys have to be there: where the monitor logs in to Exim, keys that somebody removed are a fault and no absence. */
const expected = (path: string): string[] =>
  readSeen(join(dirname(path), 'exim_service_auth_enable')) === null ? [] : ['exim']

/**
 * Everything in serviceauth and what is missing there, by name.
 * @throws OpsError 66 `NO_SERVICEAUTH`, 65 `SYMLINK`, 77 when it is closed to this user
 */
export const lookAtServiceauth = (path: string): SeenServiceauth => {
  const directory = lookAtBase(path)
  if (directory.type !== 'directory')
    throw new OpsError(
      directory.type === 'symlink' ? 'SYMLINK' : 'NOT_A_DIRECTORY',
      `${path} is a ${directory.type}, not a directory; nothing was touched`,
      {
        exit: 'badData',
        hint:
          directory.type === 'symlink'
            ? 'name what it points at with --dir, if that is right'
            : 'name the right directory with --dir',
      },
    )
  let names: string[]
  try {
    names = fs.readdirSync(path)
  } catch (error) {
    throw fromSystem(error, 'list', path)
  }
  const services = [...new Set([...names, ...expected(path)])].toSorted()
  return {path, directory, services: services.map(service => lookAtService(path, service))}
}
