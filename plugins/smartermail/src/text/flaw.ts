// What is wrong with a file of the configuration, as an error that names its place.
import {OpsError} from 'mailops/core'

import type {FileProblem} from '../inventory/inventory.js'

/** 65: a file that cannot be read as what it is. `problem` has the place as data, for check. */
export class DocumentFlaw extends OpsError {
  readonly problem: FileProblem

  /** @param file its name, as the message gives it */
  constructor(file: string, problem: FileProblem) {
    const place = problem.line === null ? file : `${file}:${problem.line}:${problem.column ?? 1}`
    super(problem.code, `${place}: ${problem.message}`, {exit: 'badData', hint: hintFor(problem.code)})
    this.problem = problem
  }
}

const hintFor = (code: string): string =>
  code === 'BROKEN_JSON'
    ? 'compare it with the copies in Settings/Archived Data, or with the *.tmp beside it'
    : 'restore the file from a backup of the installation, or mend that place in a copy'
