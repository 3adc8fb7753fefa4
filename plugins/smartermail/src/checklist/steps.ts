// The steps around a move, in order, filled in with an installation's figures.
import {sep} from 'node:path'

import {bytesText, countText, durationText, plural} from 'mailops/core'

import type {Counted, Figures} from './figures.js'

/** A step; `id` stays, for scripts. */
export interface Step {
  readonly id: string
  /** When: before, at the cutover, after. */
  readonly phase: 'before' | 'cutover' | 'after'
  readonly title: string
  readonly lines: readonly string[]
  /** To type, as they stand or with their places filled in. */
  readonly commands: readonly string[]
}

/** A gigabit a second, less what is lost on the way. */
const BYTES_PER_SECOND = 100e6
const SHOWN = 5

const few = (values: readonly Counted[]): string =>
  values.slice(0, SHOWN).map(({value, places}) => `${value} (${plural(places, 'place')})`).join(', ') +
  (values.length > SHOWN ? ` and ${countText(values.length - SHOWN)} more` : '')

const fewNames = (names: readonly string[]): string =>
  names.slice(0, SHOWN).join(', ') + (names.length > SHOWN ? ` and ${countText(names.length - SHOWN)} more` : '')

const stop = ({host}: Figures): string => (host === 'windows' ? 'net stop MailService' : 'systemctl stop smartermail')
const start = ({host}: Figures): string => (host === 'windows' ? 'net start MailService' : 'systemctl start smartermail')

// For the shell of this host: sh takes a backslash for itself outside of single quotes, cmd.exe knows double ones only.
const quoted = (text: string): string => {
  if (sep === '\\') return /^[\w./:\\-]+$/.test(text) ? text : `"${text}"`
  return /^[\p{L}\p{N}_./:-]+$/u.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

const map = ({prefixes}: Figures): string => prefixes.slice(0, 3).map(({value}) => ` --map ${quoted(`${value}=NEW`)}`).join('')

/** @returns every step of the move, the order in which they are to be taken */
export const stepsFor = (figures: Figures): Step[] => [...before(figures), ...cutover(figures), ...after(figures)]

const before = (figures: Figures): Step[] => {
  const {domains, source, version, bytes, files, leftOut} = figures
  const names = domains.map(({name}) => name)
  const missing = domains.filter(({isHere}) => !isHere)
  return [
    {
      id: 'LICENCE_CHECK', phase: 'before', title: 'See that the licence allows a second server',
      lines: ['It may run on both for up to 30 days. Look at "Reset Activations" in the account first: once they are used up, the new server cannot be activated.'],
      commands: [],
    },
    {
      id: 'INSTALL', phase: 'before', title: `Install SmarterMail ${version ?? 'of the same version'} on the new server, and stop it again`,
      lines: [version === null
        ? 'Which version the old one is cannot be told from here: its web interface and the properties of MailService.exe say it. It must be the same.'
        : `The very same version (${version}); update after the move, not with it.`],
      commands: [stop(figures)],
    },
    {
      id: 'CHECK', phase: 'before', title: 'Check the installation',
      lines: [
        ...(missing.length > 0 ? [`The data of ${plural(missing.length, 'domain')} is not in ${source}: ${fewNames(missing.map(({name}) => name))}`] : []),
        ...(leftOut.length > 0 ? [`${plural(leftOut.length, 'entry', 'entries')} could not be taken along: ${fewNames(leftOut.map(({name}) => name))}`] : []),
        'Archives, event scripts, virus and spam programs may lie outside of its folders: inventory shows every path.',
      ],
      commands: figures.isBundle ? [] : [`mailops smartermail check ${quoted(source)}`, `mailops smartermail inventory ${quoted(source)}`],
    },
    {
      id: 'TTL', phase: 'before', title: `Lower the TTL of MX and address records of ${plural(names.length, 'domain')} to 300`,
      lines: ['One old TTL ahead of the move at least: what others hold in their caches keeps the old time.', `Domains: ${fewNames(names)}`],
      commands: names.slice(0, SHOWN).map(name => `dig +noall +answer MX ${quoted(name)}`),
    },
    {
      id: 'NEW_MX', phase: 'before', title: 'Add the new server as a further MX, with a higher number than the old one',
      lines: ['A day or two before, with its SMTP port closed or its service stopped: senders then try the old one first and come back later when both are down.'],
      commands: [],
    },
    {
      id: 'FIRST_COPY', phase: 'before', title: `Copy everything once while the old service runs: ${bytesText(bytes)} in ${plural(files, 'file')}`,
      lines: [`About ${durationText(Math.ceil(bytes / BYTES_PER_SECOND))} over a gigabit link. What is copied now need not be copied while both are stopped.`],
      commands: [`mailops smartermail migrate ${quoted(source)} TARGET_SERVICE_DIR${map(figures)} --dry-run`],
    },
  ]
}

const cutover = (figures: Figures): Step[] => {
  const {source, dns, prefixes, spoolFiles, addresses} = figures
  return [
    {
      id: 'STOP', phase: 'cutover', title: 'Stop both services',
      lines: ['The old one writes settings when it ends: copy after it has ended, not before.', ...(spoolFiles > 0 ? [`Its spool held ${plural(spoolFiles, 'file')}: let it run empty first, with SMTP closed.`] : [])],
      commands: [stop(figures)],
    },
    {
      id: 'DELTA', phase: 'cutover', title: 'Copy what changed since the first copy',
      lines: [
        ...(prefixes.length > 0 ? [`Paths of the configuration begin with ${few(prefixes)}.`] : []),
        dns.length > 0 ? `DNS servers are set: ${few(dns)}; --dns system leaves them to the new host, --dns IP sets others.` : 'No DNS servers are set: the new host\'s own are used, as SmarterTools recommends.',
        ...(addresses.length > 0 ? [`Addresses are set: ${few(addresses)}; --ip OLD=NEW for those that the new host does not have.`] : []),
      ],
      commands: [`mailops smartermail migrate ${quoted(figures.isBundle ? 'OLD_SERVICE_DIR' : source)} TARGET_SERVICE_DIR${map(figures)} --delta --dry-run`],
    },
    {
      id: 'VERIFY', phase: 'cutover', title: 'Verify, before the new service starts',
      lines: ['Afterwards it rewrites files, and nothing can be told from them. Take a bundle made after both were stopped: one of before differs in what has changed since.'],
      commands: ['mailops smartermail bundle OLD_SERVICE_DIR -o FINAL.tar.gz', 'mailops smartermail verify TARGET_SERVICE_DIR --against FINAL.tar.gz'],
    },
    {
      id: 'START', phase: 'cutover', title: 'Start the new service',
      lines: figures.era === 'xml' ? ['A version of the JSON era converts XML on its first start: /interface/convert-status shows how far it is.'] : [],
      commands: [start(figures)],
    },
    {
      id: 'ACTIVATE', phase: 'cutover', title: 'Activate the licence on the new server',
      lines: ['Settings, Activation, in its web interface.'],
      commands: [],
    },
    {
      id: 'DNS', phase: 'cutover', title: 'Point DNS to the new server',
      lines: [
        'Change the address of the mail host, or swap the numbers of the two MX. For one TTL most senders still go to the old one: time for the next step.',
        ...(addresses.length > 0 ? [`Addresses of the old server in its configuration: ${few(addresses)}`] : []),
      ],
      commands: [],
    },
    {
      id: 'BINDINGS', phase: 'cutover', title: 'Bind ports and certificates',
      lines: [
        ...(figures.ports.length > 0 ? [`Ports in the configuration: ${few(figures.ports)}. Open them in the firewall.`] : ['The configuration names no port that could be told; see its Bindings.']),
        ...(figures.host === 'windows' ? ['The web interface\'s site, its bindings and the certificates are in IIS and the store of Windows, not in SmarterMail\'s folders: export and import them.'] : []),
      ],
      commands: [],
    },
  ]
}

const after = (figures: Figures): Step[] => {
  const names = figures.domains.map(({name}) => name)
  const old = figures.addresses.map(({value}) => value)
  return [
    {
      id: 'SPF_PTR', phase: 'after', title: 'SPF, PTR and DKIM',
      lines: [
        `SPF records that name ${old.length > 0 ? fewNames(old) : 'the old address'} must name the new one; the PTR of the new address must name the host that it greets with.`,
        'DKIM keys come along in the domains\' settings; their records stay as they are.',
      ],
      commands: names.slice(0, SHOWN).map(name => `dig +short TXT ${quoted(name)}`),
    },
    {
      id: 'STRAGGLERS', phase: 'after', title: 'Let the old server pass on what still comes to it',
      lines: ['As an incoming gateway to the new one, until the old TTL has passed twice. Its own domains must not deliver there any more.'],
      commands: [],
    },
    {
      id: 'REMOVE_OLD_MX', phase: 'after', title: 'Raise the TTLs again, remove the old MX',
      lines: ['When the old server has had no connection for a day. Within 30 days its licence must go.'],
      commands: [],
    },
    {
      id: 'KEEP', phase: 'after', title: 'Keep the old server, stopped, for some weeks; then destroy its disks and the bundles',
      lines: ['Passwords can be recovered from both.'],
      commands: [],
    },
  ]
}
