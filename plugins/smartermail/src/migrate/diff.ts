// Edits as a diff for people: file, place, old value, new value. Secrets are not shown.
import type {JsonObject} from 'mailops/core'

import type {Edit} from '../document/edit.js'
import {HIDDEN, redact} from '../value/redact.js'

const shown = ({kind}: Edit, value: string): string => (kind === 'secret' ? HIDDEN : redact(value))

/** Lines of the diff, files in order, values in the order in which they stand. */
export const diffLines = (edits: readonly Edit[], targetOf: (file: string) => string): string[] => {
  const lines: string[] = []
  let file = ''
  for (const edit of edits) {
    if (edit.file !== file) {
      file = edit.file
      lines.push(`--- ${file}`, `+++ ${targetOf(file)}`)
    }
    lines.push(`@@ ${edit.location} (line ${edit.line}) @@  ${edit.why}`, `-${shown(edit, edit.value)}`, `+${shown(edit, edit.after)}`)
  }
  return lines
}

/** An edit for --json. */
export const editJson = (edit: Edit): JsonObject => ({
  file: edit.file, location: edit.location, line: edit.line, column: edit.column, kind: edit.kind,
  old: shown(edit, edit.value), new: shown(edit, edit.after), why: edit.why,
})
