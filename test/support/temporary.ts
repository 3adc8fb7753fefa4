// Temporary directories that go away with the test.
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {onTestFinished} from 'vitest'

/** A fresh directory, removed when the running test ends. */
export const temporaryDirectory = (name = 'test'): string => {
  const path = mkdtempSync(join(tmpdir(), `mailops-${name}-`))
  onTestFinished(() => rmSync(path, {recursive: true, force: true}))
  return path
}
