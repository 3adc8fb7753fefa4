// The subject of a message as people read it.
import {decodeHeader} from './encoded-words.js'
import {fieldReader} from './header.js'

const readSubject = fieldReader('Subject')

/** Takes a header (latin1), returns its first Subject decoded, '' where there is none; not yet safe for a terminal. */
export const subjectOf = (header: string): string => decodeHeader(readSubject(header)[0] ?? '')
