// Proves a patched document; a large XML document is read again by two threads at once, which halves most of the time a migration takes.
import {availableParallelism} from 'node:os'

import {Channel} from 'mailops/effects'

import {openDocument, type Document} from '../../document/document.js'
import type {Edit} from '../../document/edit.js'
import {patchedOffset} from '../../document/patch.js'
import {checkReading, verifyPatch} from '../../document/verify.js'
import {halvesOf, joinReadings, type Half} from '../../xml/halves.js'
import {rereadXml, type Reading} from '../../xml/reread.js'
import type {Structure} from '../../xml/structure.js'
import {receivedReading, type SentReading} from './sent-reading.js'

/** Below it the start of a thread costs more than it saves. */
const WORTH_IT = 4 << 20

const rereadInHalves = async ([first, second]: readonly [Half, Half]): Promise<[Reading, Reading] | null> => {
  const thread = new Channel<Half, SentReading>(new URL('reread-worker.js', import.meta.url), null)
  try {
    const asked = thread.ask(first)
    const here = rereadXml(second.text, second.keep)
    return [receivedReading(await asked), here]
  } catch {
    return null // not well-formed: reading the whole says what is wrong, and where
  } finally {
    await thread.end()
  }
}

/**
 * Checks that the patched bytes of a document differ from it in the edited values only; see `verifyPatch`.
 * @throws OpsError 65 `NOT_AS_PLANNED`
 */
export const provePatch = async (document: Document, bytes: Uint8Array, {edits, structure}: {edits: readonly Edit[]; structure: Structure}): Promise<void> => {
  const {cut, prints} = structure
  if (document.format === 'xml' && cut !== null && bytes.length >= WORTH_IT && availableParallelism() > 1) {
    const total = prints.length
    const moved = {...cut, offset: patchedOffset(document, edits, cut.offset)}
    const {text} = openDocument(document.file, bytes, document.format).decoded
    const readings = await rereadInHalves(halvesOf(text, moved, {total, keep: new Set(edits.map(({index}) => index))}))
    const reading = readings === null ? null : joinReadings(...readings, {cut, total})
    if (reading !== null) return checkReading(document, reading, {edits, prints})
  }
  verifyPatch(document, bytes, edits, document.format === 'xml' ? structure : undefined)
}
