// What a plugin tells `mailops doctor`: oclif's hook `doctor`.
import type {Config} from '@oclif/core/interfaces'

import type {DoctorFinding} from './doctor-finding.js'

declare module '@oclif/core/interfaces' {
  interface Hooks {
    doctor: {options: Record<string, unknown>; return: readonly DoctorFinding[]}
  }
}

/** What the plugins found; a plugin that fails is itself a finding, since doctor must get to its end. */
export const pluginFindings = async (config: Config): Promise<DoctorFinding[]> => {
  const {successes, failures} = await config.runHook('doctor', {})
  const failed = failures.map(({plugin, error}): DoctorFinding => ({
    code: 'PLUGIN_FAILED',
    severity: 'problem',
    text: `${plugin.name}: ${error.message}`,
  }))
  return [...successes.flatMap(({result}) => result ?? []), ...failed]
}
