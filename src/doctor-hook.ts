// What a plugin tells `mailops doctor`: oclif's hook `doctor`.
import type {Config} from '@oclif/core/interfaces'

/** One thing that doctor shows. */
export interface Finding {
  /** Stable, for scripts: `STATE_NOT_WRITABLE`. */
  readonly code: string
  readonly severity: 'ok' | 'note' | 'problem'
  readonly text: string
  /** Command to type. */
  readonly hint?: string
}

declare module '@oclif/core/interfaces' {
  interface Hooks {
    doctor: {options: Record<string, unknown>; return: readonly Finding[]}
  }
}

/** What the plugins found; a plugin that fails is itself a finding, since doctor must get to its end. */
export const pluginFindings = async (config: Config): Promise<Finding[]> => {
  const {successes, failures} = await config.runHook('doctor', {})
  const failed = failures.map(({plugin, error}): Finding => ({
    code: 'PLUGIN_FAILED',
    severity: 'problem',
    text: `${plugin.name}: ${error.message}`,
  }))
  return [...successes.flatMap(({result}) => result ?? []), ...failed]
}
