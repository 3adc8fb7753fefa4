// The checklist as text to print and tick off.
import {bytesText, plural, terminalSafe} from 'mailops/core'

import type {Figures} from './figures.js'
import type {Step} from './steps.js'

const PHASES = {before: 'BEFORE THE MOVE', cutover: 'THE MOVE ITSELF', after: 'AFTERWARDS'} as const

const INDENT = '       '

/** Words of a line, in lines of at most so many characters. */
const wrapped = (text: string, width: number): string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** What the list is made from, in two lines. */
const headLines = ({source, isBundle, era, version, domains, bytes, files, created}: Figures): string[] => [
  `${isBundle ? 'Bundle' : 'Service folder'} ${terminalSafe(source)}${created === null ? '' : `, made ${terminalSafe(created)}`}`,
  `SmarterMail ${version === null ? `of the ${era.toUpperCase()} era` : terminalSafe(version)}, ${plural(domains.length, 'domain')}, ${bytesText(bytes)} in ${plural(files, 'file')}`,
]

/** Steps numbered through, by phase. */
export const checklistLines = (figures: Figures, steps: readonly Step[], width: number): string[] => [
  ...headLines(figures),
  ...steps.flatMap(({phase, title, lines, commands}, index) => [
    ...(steps[index - 1]?.phase === phase ? [] : ['', PHASES[phase]]),
    ...wrapped(terminalSafe(title), width - INDENT.length).map((line, at) => (at === 0 ? `[ ] ${String(index + 1).padStart(2)} ${line}` : `${INDENT}${line}`)),
    ...lines.flatMap(line => wrapped(terminalSafe(line), width - INDENT.length).map(one => `${INDENT}${one}`)),
    ...commands.map(command => `${INDENT}  ${terminalSafe(command)}`),
  ]),
]
