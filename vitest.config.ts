// Which tests vitest runs, and how: real processes and file systems, so forks, generous limits and no console capture
import {defineConfig} from 'vitest/config'

// Node 20 reads this file of certificates at each start, 70 ms of CPU, and the tests start processes by the thousand; none of
// them speaks TLS.
delete process.env['NODE_EXTRA_CA_CERTS']

export default defineConfig({
  test: {
    setupFiles: ['./test/support/seed.ts'],
    include: ['test/**/*.test.ts', 'plugins/*/test/**/*.test.ts'],
    // A caught console would leave stdout empty for @oclif/test's runCommand.
    disableConsoleIntercept: true,
    // Threads share cwd, umask and uid; commands under test change or depend on all three.
    pool: 'forks',
    // Half of the time a test waits for a daemon or a disk.
    maxWorkers: 3,
    // In CI a test that fails is tried once more: seven thousand that wait for daemons on a shared machine are not all steady.
    // The reporter names each that needed it.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // Ours comes last, so that its closing line is the last line of the run.
    reporters: ['default', './test/support/reporter.ts'],
  },
})
