// mailops greylist block: entries of the block list, in the store.
import type {JsonObject} from 'mailops'

import {ListCommand, listArgs, listFlags} from '../../list-command.js'

export default class Block extends ListCommand {
  static override summary = 'refuse a client, sender or recipient for good'
  static override description =
    'Adds entries to the block list of the store: what they match is refused with 5xx, whatever passed before. An allow entry wins only where it is the narrower of the same kind. ' +
    'Names: a domain means itself and all below it, a leading dot only what is below, * any text. It is journalled and can be undone.\n\n' +
    'Exit status: 0 done, or it was so already; 64 no such form of entry; 69 the store cannot be used; 75 busy; 77 no permission; 78 settings; 130 interrupted.'
  static override examples = [
    '<%= config.bin %> greylist block 203.0.113.0/24 --note "dictionary attack"',
    '<%= config.bin %> greylist block spammer@bad.example',
    '<%= config.bin %> greylist block bad.example --as domain --remove',
  ]
  // Not inherited: oclif looks at the class itself.
  static override strict = false
  static override args = listArgs
  static override flags = listFlags

  override async run(): Promise<JsonObject> {
    const {argv, flags} = await this.parse(Block)
    this.listen(flags)
    return this.change('block', argv as string[], flags)
  }
}
