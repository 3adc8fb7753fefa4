// A reading as it goes from one thread to another.
import {Numbers} from '../../document/fingerprint.js'
import type {ReadElement} from '../../xml/element-print.js'
import type {Reading} from '../../xml/reread.js'

/** Prints and elements, in a form that threads may send. */
export interface SentReading {
  readonly prints: Float64Array<ArrayBuffer>
  readonly elements: ReadonlyMap<number, ReadElement>
}

/** What a thread sends of a reading. */
export const sentReading = ({prints, elements}: Reading): SentReading => ({prints: prints.toArray(), elements})

/** The reading that was sent. */
export const receivedReading = ({prints, elements}: SentReading): Reading => ({prints: Numbers.from(prints), elements})
