// mailops smartermail inventory: what an installation consists of, found by value.
import {Args, Flags} from '@oclif/core'

import {MailopsCommand} from 'mailops'

import {takeInventory} from '../../effects/inventory/take-inventory.js'
import type {Inventory as Stock} from '../../inventory/inventory.js'
import {inventoryLines} from '../../inventory/report.js'

export default class Inventory extends MailopsCommand {
  static override summary = 'take stock of an installation: files, domains, every path, address, port, URL'
  static override description =
    'Reads the configuration of a Service folder, or of a copy of one on any machine, and changes nothing. No schema is assumed: values ' +
    'are recognised by what they are, and shown with the location that migrate --set takes. Passwords, keys and tokens are ' +
    'named and never shown. Domain data is measured where it is here: at its own path, beside the Service folder, or below --domains.\n\n' +
    'Exit status: 0 done (files that are broken are listed as such; check judges them); 64 usage; 66 not a Service folder; 77 no permission.'
  static override examples = [
    String.raw`<%= config.bin %> smartermail inventory 'D:\Program Files\SmarterMail\Service'`,
    '<%= config.bin %> smartermail inventory /mnt/Service --domains /mnt/Domains --json',
  ]
  static override args = {
    service: Args.string({description: 'the Service folder (on Linux /etc/smartermail)', required: true, ignoreStdin: true}),
  }
  static override flags = {
    domains: Flags.string({description: 'local copy of the directory that holds the domains (repeatable)', helpValue: 'DIR', multiple: true, multipleNonGreedy: true}),
    sizes: Flags.boolean({description: "measure the domains' directories", default: true, allowNo: true}),
  }

  async run(): Promise<Stock> {
    const {args, flags} = await this.parse(Inventory)
    this.listen(flags)
    const progress = this.progress('reading the configuration')
    try {
      const stock = await takeInventory(args.service, {domains: flags.domains ?? [], sizes: flags.sizes, progress: progress.report})
      progress.end()
      const width = process.stdout.isTTY ? process.stdout.columns : 80
      for (const line of inventoryLines(stock, {all: flags.verbose, width})) this.data(line)
      return stock
    } finally {
      progress.end()
    }
  }
}
