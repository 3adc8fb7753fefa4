// Finds the values that --set names.
import {OpsError} from 'mailops/core'

import {walk, type Document} from '../document/document.js'
import {spotOf, type Spot} from '../document/edit.js'
import {Places} from '../text/position.js'
import type {SetWish} from './wishes.js'

/** A value that is named, and what it is to be. */
export interface NamedValue {
  readonly spot: Spot
  readonly after: string
  readonly text: string
}

interface Split {
  readonly file: string | null
  readonly location: string
  readonly value: string
}

// `[1]` may be written or left out.
const plain = (location: string): string => location.replaceAll('[1]', '')

// A JSON member may hold `=` and `:`, so each place where the text can be cut is a candidate.
const splits = (text: string, files: readonly string[]): Split[] => {
  const found: Split[] = []
  const file = files.find(name => text.toLowerCase().startsWith(`${name.toLowerCase()}:`)) ?? null
  const rest = file === null ? text : text.slice(file.length + 1)
  for (let cut = rest.indexOf('='); cut !== -1; cut = rest.indexOf('=', cut + 1))
    found.push({file, location: plain(rest.slice(0, cut)), value: rest.slice(cut + 1)})
  return found
}

/**
 * Finds them all, in one walk of each document.
 * @throws OpsError 64 `NO_SUCH_LOCATION`, `AMBIGUOUS_LOCATION`
 */
export const namedValues = (documents: readonly Document[], sets: readonly SetWish[]): NamedValue[] => {
  if (sets.length === 0) return []
  const wanted = sets.map(({text}) => ({text, splits: splits(text, documents.map(({file}) => file)), hits: [] as NamedValue[]}))
  for (const document of documents) {
    const places = new Places(document.decoded.text)
    walk(document, [
      {
        leaf: leaf => {
          const location = leaf.location()
          for (const {text, splits: candidates, hits} of wanted) {
            const split = candidates.find(one => one.location === location && (one.file === null || one.file === document.file))
            if (split !== undefined) hits.push({spot: spotOf(document.file, leaf, places), after: split.value, text})
          }
        },
      },
    ])
  }
  return wanted.map(({text, hits}) => {
    const [hit, ...others] = hits
    if (hit === undefined)
      throw new OpsError('NO_SUCH_LOCATION', `--set ${text.replace(/=.*/s, '=...')}: no value has that location`, {
        exit: 'usage', hint: 'mailops smartermail inventory SERVICE_DIR shows locations',
      })
    if (others.length > 0)
      throw new OpsError('AMBIGUOUS_LOCATION', `--set ${text.replace(/=.*/s, '=...')}: it is in ${hits.map(({spot}) => spot.file).join(' and ')}`, {
        exit: 'usage', hint: `--set '${hit.spot.file}:${hit.spot.location}=...'`,
      })
    return hit
  })
}
