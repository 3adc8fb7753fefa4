// mailops greylist serve: the daemon that owns the store and answers filter, Postfix and Exim.
import {Flags} from '@oclif/core'
import {MailopsCommand, OpsError} from 'mailops'

import {serve} from '../../effects/daemon/serve.js'
import {stderrLog} from '../../effects/daemon/log.js'
import {staySmall} from '../../effects/daemon/memory.js'
import {openService} from '../../effects/service/open.js'
import {readSettings} from '../../effects/settings/read.js'
import {parseDuration} from '../../settings/duration.js'
import {parseHostPort, parseListener} from '../../settings/listener.js'
import type {Overrides} from '../../settings/settings.js'

const place = (text: string): {host: string; port: number} => {
  const found = parseHostPort(text)
  if (found === null) throw new OpsError('USAGE', `--metrics '${text}': no host and port`, {exit: 'usage', hint: 'write it as 127.0.0.1:9125 or [::1]:9125'})
  return found
}

const span = (text: string | undefined, flag: string): number | undefined => (text === undefined ? undefined : parseDuration(text, `--${flag}`))

export default class Serve extends MailopsCommand {
  static override summary = 'the resident store: answers the filter, Postfix and Exim until it is stopped'
  static override description =
    'Stays in the foreground and writes its log to stderr, one line a decision, so that daemontools, runit and systemd ' +
    'can run it as it is. Started as root with --user it opens its sockets and then gives up root. ' +
    'SIGHUP reads settings and lists again, SIGTERM answers what was asked and ends. ' +
    'A store that is damaged, full or missing never stops the mail: everybody passes, and the log says so.\n\n' +
    'A LISTENER is unix:PATH or inet:HOST:PORT, with ,mode=0660 ,group=NAME for a socket, and ,delay=60s ,window=24h ' +
    ',keep=36d for times of its own. Settings come from /etc/mailops/greylist.json; flags go before them.\n\n' +
    'Exit status: 0 stopped as told; 64 usage; 69 a program is missing; 73 a socket cannot be made; 75 another daemon serves there; ' +
    '77 no permission; 78 the settings are wrong.'
  static override examples = [
    '<%= config.bin %> greylist serve --user mailops',
    '<%= config.bin %> greylist serve \\\n  --policy unix:/var/spool/postfix/mailops/policy.sock,group=postfix,mode=0660',
    '<%= config.bin %> greylist serve --metrics 127.0.0.1:9125 \\\n  --exim unix:/run/mailops/exim.sock,group=Debian-exim',
  ]
  static override flags = {
    config: Flags.string({helpValue: 'FILE', description: 'settings file instead of /etc/mailops/greylist.json'}),
    socket: Flags.string({helpValue: 'PATH', description: "the filter's socket, as PATH[,mode=0660][,group=NAME] (default /run/mailops/greylist.sock)"}),
    policy: Flags.string({helpValue: 'LISTENER', multiple: true, multipleNonGreedy: true, description: 'also serve Postfix (check_policy_service) there'}),
    exim: Flags.string({helpValue: 'LISTENER', multiple: true, multipleNonGreedy: true, description: 'also serve Exim (readsocket) there, as greylistd does'}),
    db: Flags.string({helpValue: 'FILE', description: 'the store (default /var/lib/mailops/greylist/greylist.db)'}),
    store: Flags.string({helpValue: 'redis://...', description: 'a store that several hosts share; --db is then its cache and fall-back'}),
    delay: Flags.string({helpValue: 'SPAN', description: 'until a retry passes (default 60s)'}),
    window: Flags.string({helpValue: 'SPAN', description: 'until a client that did not retry is new again (default 24h)'}),
    keep: Flags.string({helpValue: 'SPAN', description: 'until a client that passed is new again, from its last mail (default 36d)'}),
    learning: Flags.boolean({allowNo: true, description: 'let everything pass, and record what would have been deferred'}),
    metrics: Flags.string({helpValue: 'HOST:PORT', description: 'serve /metrics for Prometheus there'}),
    resolver: Flags.string({helpValue: 'IP[:PORT]', description: 'DNS server to ask for SPF (default: the system)'}),
    spf: Flags.boolean({allowNo: true, description: 'ask for the SPF record of deferred senders (default: yes)'}),
    log: Flags.string({options: ['json', 'classic', 'off'], description: 'form of the line that each decision gets (default json)'}),
    user: Flags.string({helpValue: 'NAME', description: 'user to become, when started as root'}),
    group: Flags.string({helpValue: 'NAME', description: 'its group, if not that of the user'}),
  }

  override async run(): Promise<void> {
    staySmall()
    const {flags} = await this.parse(Serve)
    this.listen(flags)
    const overrides: Overrides = {
      socket: flags.socket === undefined ? undefined : parseListener(flags.socket),
      policy: flags.policy?.map(parseListener),
      exim: flags.exim?.map(parseListener),
      db: flags.db,
      store: flags.store,
      delay: span(flags.delay, 'delay'),
      window: span(flags.window, 'window'),
      keep: span(flags.keep, 'keep'),
      learning: flags.learning,
      metrics: flags.metrics === undefined ? undefined : place(flags.metrics),
      resolver: flags.resolver,
      spf: flags.spf,
      log: flags.log as Overrides['log'],
      user: flags.user,
      group: flags.group,
    }
    const reread = () => readSettings(flags.config, overrides)
    await serve({settings: reread(), reread, openService, talk: stderrLog()})
  }
}
