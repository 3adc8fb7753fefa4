// The base of commands that look at a MAP: the configuration helps where it can be read, and is not asked for more.
import {MailopsCommand} from 'mailops'

import {type Instance, otherInstances} from './effects/index.js'

/** Gives `instanceOrWarning`. */
export abstract class MapCommand extends MailopsCommand {
  /**
   * The Postfix instance of --config-dir, MAIL_CONFIG or Postfix's own; undefined where there is none. One that nobody named
   * and that cannot be read is warned about: the map can be judged without it.
   */
  protected async instanceOrWarning(
    read: () => Promise<Instance | undefined>,
    named: string | undefined,
  ): Promise<Instance | undefined> {
    try {
      const instance = await read()
      if (instance !== undefined && named === undefined)
        for (const directory of otherInstances(instance.configuration))
          if (directory !== instance.configuration.directory) this.say(`another instance of Postfix: --config-dir ${directory}`)
      return instance
    } catch (error) {
      if (named !== undefined) throw error
      // Nobody asked about the configuration; what it says of the map is left out.
      this.warn(error as Error)
      return undefined
    }
  }
}
