// How undo and recover find the handlers of bulk changes without the core knowing a plugin: oclif's hook `bulk`.
import type {Config} from '@oclif/core/interfaces'

import type {BulkHandler} from './effects/bulk.js'

declare module '@oclif/core/interfaces' {
  interface Hooks {
    bulk: {options: Record<string, unknown>; return: readonly BulkHandler[]}
  }
}

/** The handlers of all plugins that are loaded; what a plugin's hook throws is thrown here. */
export const bulkHandlers = async (config: Config): Promise<BulkHandler[]> => {
  const {successes, failures} = await config.runHook('bulk', {})
  const [failure] = failures
  if (failure !== undefined) throw failure.error
  return successes.flatMap(({result}) => result ?? [])
}
