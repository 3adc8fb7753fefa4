// The closing line of a test run, `N passed, N failed[, N skipped]`, which any CI can count
import type {Reporter, SerializedError, TestModule} from 'vitest/node'

type Tally = {passed: number; failed: number; skipped: number}

/**
 * Counts the tests of a finished run. Broken files, failed hooks and errors outside any test count as failed,
 * for vitest reports the tests below them as skipped or not at all.
 */
export const tally = (modules: readonly TestModule[], errors: readonly SerializedError[]): Tally => {
  const total: Tally = {passed: 0, failed: errors.length, skipped: 0}
  for (const module of modules) {
    for (const {state} of [...module.children.allTests()].map((test) => test.result())) {
      // 'pending' after the end is a test that a bail or ^C cut off: it has not passed.
      total[state === 'pending' ? 'failed' : state] += 1
    }
    for (const group of [module, ...module.children.allSuites()]) {
      if (group.errors().length > 0) total.failed += 1
    }
  }
  return total
}

/** The closing line of a tally. */
export const closingLine = ({passed, failed, skipped}: Tally) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`

/** Tests that failed and passed when they were tried again: no reason to stop, and none to be forgotten. */
export const unsteady = (modules: readonly TestModule[]): string[] =>
  modules.flatMap(module => [...module.children.allTests()].filter(test => test.diagnostic()?.flaky === true).map(test => `${module.relativeModuleId}: ${test.fullName}`))

/** A vitest reporter that prints the closing line at exit, before it what was unsteady; a run in which nothing passed ends with status 1. */
export default class ClosingLine implements Reporter {
  #last: Tally | undefined
  #unsteady: readonly string[] = []

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]) {
    if (!this.#last) process.on('exit', () => this.#close())
    this.#last = tally(modules, errors)
    this.#unsteady = unsteady(modules)
  }

  #close() {
    if (!this.#last) return
    for (const name of this.#unsteady) console.log(`passed when it was tried again: ${name}`)
    console.log(closingLine(this.#last))
    // vitest alone is green when -t matches no test.
    if (this.#last.passed === 0 || this.#last.failed > 0) process.exitCode ||= 1
  }
}
