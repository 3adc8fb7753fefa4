// greylistd's files: `states` has what became of each key, `triplets` what the key stands for.
import {makeRule} from '../policy/rule.js'
import {textOfLatin1} from '../protocol/bytes.js'
import {importedOf, type Imported, type ImportTarget} from './imported.js'

interface State {
  readonly colour: string
  readonly last: number
  readonly first: number
  readonly count: number
}

/** A line at a time: a million of them at once would be as much again as the file. */
const linesOf = function* (text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at)
    yield text.slice(at, end < 0 ? text.length : end)
    at = end < 0 ? text.length : end + 1
  }
}

/** States by key. Keys are signed 64-bit numbers, which JavaScript's would round: texts. */
export const parseStates = (text: string): Map<string, State> => {
  const states = new Map<string, State>()
  let colour = ''
  for (const line of linesOf(text)) {
    const section = /^\[(\w+)\]/.exec(line)
    if (section !== null) colour = section[1] ?? ''
    const [, key, last, first, count] = /^(-?\d+)\s*=\s*(\d+)\s+(\d+)\s+(\d+)/.exec(line) ?? []
    if (key !== undefined) states.set(key, {colour, last: Number(last), first: Number(first), count: Number(count)})
  }
  return states
}

/** The records of both files; a key without a triplet can never be found again, here or there. */
export const greylistdRecords = function* (triplets: string, states: ReadonlyMap<string, State>, target: ImportTarget): Generator<Imported> {
  let known = 0
  // The words of a request that had an empty one are kept without it: beside triplets, a pair is of the null sender.
  const hasTriplets = /^-?\d+ = \S+ \S*[^,\s] \S/m.test(triplets)
  for (const line of linesOf(triplets)) {
    const [, key, words] = /^(-?\d+)\s*=\s*(.*\S)\s*$/.exec(textOfLatin1(line)) ?? []
    const state = key === undefined ? undefined : states.get(key)
    if (key === undefined || words === undefined || state === undefined) continue
    known++
    yield record(wordsOf(words, hasTriplets), state, target)
  }
  for (let n = known; n < states.size; n++) yield {skipped: 'a key without its triplet'}
}

const wordsOf = (text: string, hasTriplets: boolean): string[] => {
  const [client = '', ...rest] = text.split(/\s+/)
  // $recipients of a DATA ACL: `a@b, c@d`.
  const envelope = rest.map(word => word.replace(/,$/, ''))
  return hasTriplets && envelope.length > 0 && (envelope.length === 1 || rest[0]?.endsWith(',') === true) ? [client, '', ...envelope] : [client, ...envelope]
}

const record = (words: readonly string[], {colour, first, last, count}: State, target: ImportTarget): Imported => {
  const [client = '', sender, recipient] = words
  if (colour === 'black') return parsedRule(client, target.now)
  return importedOf(
    {
      client,
      ...(sender !== undefined && {sender: sender.replace(/^<(.*)>$/, '$1'), recipient: recipient ?? ''}),
      first: first * 1000,
      last: last * 1000,
      hasPassed: colour === 'white',
      tries: Math.max(1, count),
    },
    target,
  )
}

const parsedRule = (client: string, now: number): Imported => {
  try {
    return {rule: makeRule({list: 'block', text: client, kind: 'ip', note: 'from greylistd', added: now})}
  } catch {
    return {skipped: 'a black entry that is no address'} // greylistd blocks any words
  }
}
