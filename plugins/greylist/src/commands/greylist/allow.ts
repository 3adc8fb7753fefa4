// mailops greylist allow: entries of the allow list, in the store.
import type {JsonObject} from 'mailops'

import {ListCommand, listArgs, listFlags} from '../../list-command.js'

export default class Allow extends ListCommand {
  static override summary = 'never greylist a client, sender or recipient'
  static override description =
    'Adds entries to the allow list of the store: what they match passes at once. Of entries about the same thing (address, client name, HELO, sender, recipient) the narrowest counts. ' +
    'Names: a domain means itself and all below it, a leading dot only what is below, * any text. It is journalled and can be undone.\n\n' +
    'Exit status: 0 done, or it was so already; 64 no such form of entry; 69 the store cannot be used; 75 busy; 77 no permission; 78 settings; 130 interrupted.'
  static override examples = [
    '<%= config.bin %> greylist allow 192.0.2.0/24 --note "our second office"',
    '<%= config.bin %> greylist allow news.example.com --as domain',
    '<%= config.bin %> greylist allow postmaster@here.example --as recipient --remove',
  ]
  // Not inherited: oclif looks at the class itself.
  static override strict = false
  static override args = listArgs
  static override flags = listFlags

  override async run(): Promise<JsonObject> {
    const {argv, flags} = await this.parse(Allow)
    this.listen(flags)
    return this.change('allow', argv as string[], flags)
  }
}
