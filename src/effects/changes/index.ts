// The effect of each kind of change that is not bulk.
import type {BulkChange, Change} from '../../plan.js'
import {attributesEffect} from './attributes.js'
import type {ChangeEffect} from './change-effect.js'
import {linkEffect} from './link.js'
import {mkdirEffect} from './mkdir.js'
import {moveEffect} from './move.js'
import {removeEffect} from './remove.js'
import {runEffect} from './run.js'
import {writeEffect} from './write.js'

const EFFECTS = {
  write: writeEffect,
  remove: removeEffect,
  link: linkEffect,
  move: moveEffect,
  mkdir: mkdirEffect,
  attributes: attributesEffect,
  run: runEffect,
}

/** A change that is done here rather than by a plugin's handler. */
export type SimpleChange = Exclude<Change, BulkChange>

/** The code that makes a change of this kind. */
export const effectOf = (change: SimpleChange): ChangeEffect<SimpleChange> =>
  EFFECTS[change.kind]

export type {ChangeEffect, Slot, Standing} from './change-effect.js'
