// What one file of the configuration tells, from its bytes.
import {openDocument, walk, type Document, type Duplicate} from '../document/document.js'
import {verifyPatch} from '../document/verify.js'
import {DocumentFlaw} from '../text/flaw.js'
import {placeOf} from '../text/position.js'
import {domainFinder, type DomainLists} from './find-domains.js'
import {valueFinder, type Found} from './find-values.js'
import {noStructure, structureTaker, type Structure} from '../xml/structure.js'
import type {FileProblem} from './inventory.js'

/** A file as far as it could be read. */
export interface ReadConfig {
  /** Null: broken, see `problem`. */
  readonly document: Document | null
  readonly values: readonly Found[]
  readonly domains: DomainLists
  readonly duplicates: readonly (Duplicate & {readonly line: number; readonly column: number})[]
  /** For `verifyPatch`; empty for JSON. */
  readonly structure: Structure
  readonly problem: FileProblem | null
}

const NOTHING = {document: null, values: [], domains: {domains: [], pathless: []}, duplicates: [], structure: noStructure()}

/**
 * Reads a file; what is wrong with it is part of the answer.
 * @param both let the second parser read it too: it must not be refused when it is patched
 */
export const readConfig = (name: string, bytes: Uint8Array, {format, both}: {format: 'xml' | 'json'; both: boolean}): ReadConfig => {
  try {
    const document = openDocument(name, bytes, format)
    const values: Found[] = []
    const domains: DomainLists = {domains: [], pathless: []}
    const duplicates: Duplicate[] = []
    const structure = noStructure()
    walk(document, [valueFinder(document, values), domainFinder(document, domains), structureTaker(document.decoded.text, structure)], duplicates)
    if (both) verifyPatch(document, bytes, [], structure)
    const placed = duplicates.map(duplicate => ({...duplicate, ...placeOf(document.decoded.text, duplicate.offset)}))
    return {document, values, domains, duplicates: placed, structure, problem: null}
  } catch (error) {
    if (error instanceof DocumentFlaw) return {...NOTHING, problem: error.problem}
    // Both parsers accept it and read it differently.
    if (error instanceof Error && 'code' in error && error.code === 'NOT_AS_PLANNED')
      return {...NOTHING, problem: {code: 'PARSERS_DISAGREE', line: null, column: null, message: error.message.replace(/; nothing was written$/, '')}}
    throw error
  }
}
