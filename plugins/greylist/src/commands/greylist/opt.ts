// mailops greylist opt: recipients that take no part, or, where only some do, those that do.
import {Args} from '@oclif/core'
import type {JsonObject} from 'mailops'

import {ListCommand, listFlags} from '../../list-command.js'

const {as: _, ...flagsOfOpt} = listFlags

export default class Opt extends ListCommand {
  static override summary = 'take recipients out of greylisting, or in'
  static override description =
    '"opt out" lets mail to a recipient pass at once: for those who wait for login codes. "opt in" names those who take ' +
    'part where the settings say "recipients": "opted-in". Postfix and Exim ask for each recipient; the filter before ' +
    'qmail-smtpd decides before a recipient is known, so these lists do not apply there. It is journalled and can be undone.\n\n' +
    'Exit status: 0 done, or it was so already; 64 no such form of entry; 69 the store cannot be used; 75 busy; 77 no permission; 78 settings; 130 interrupted.'
  static override examples = [
    '<%= config.bin %> greylist opt out user@here.example',
    '<%= config.bin %> greylist opt in shop.example',
    '<%= config.bin %> greylist opt out user@here.example --remove',
  ]
  // Not inherited: oclif looks at the class itself.
  static override strict = false
  static override args = {
    way: Args.string({required: true, ignoreStdin: true, options: ['in', 'out'], description: 'in or out'}),
    recipient: Args.string({required: true, ignoreStdin: true, description: 'user@domain, user@, or a domain; several may be given'}),
  }
  static override flags = flagsOfOpt

  override async run(): Promise<JsonObject> {
    const {args, argv, flags} = await this.parse(Opt)
    this.listen(flags)
    return this.change(args.way === 'in' ? 'opt-in' : 'opt-out', (argv as string[]).slice(1), {...flags, as: 'recipient'})
  }
}
