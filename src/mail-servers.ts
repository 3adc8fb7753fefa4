// The mail servers that mailops serves, and what gives them away on a machine.

/** A mail server, for doctor. */
export interface MailServer {
  /** Topic of its commands. */
  readonly topic: string
  readonly name: string
  /** Directories and files of which any one is enough. */
  readonly paths: readonly string[]
  /** Programs of which any one on the PATH is enough. */
  readonly programs: readonly string[]
}

/** In the order of the command line. */
export const MAIL_SERVERS: readonly MailServer[] = [
  {
    topic: 'qmail',
    name: 'qmail',
    paths: ['/var/qmail/bin/qmail-send', '/var/qmail/queue', '/var/lib/qmail/queue', '/usr/libexec/indimail/qmail-send'],
    programs: ['qmail-send'],
  },
  {topic: 'postfix', name: 'Postfix', paths: ['/etc/postfix/main.cf'], programs: ['postconf']},
  {
    topic: 'exim',
    name: 'Exim',
    paths: ['/etc/exim.conf', '/etc/exim4', '/var/cpanel/serviceauth'],
    programs: ['exim', 'exim4'],
  },
  {
    topic: 'smartermail',
    name: 'SmarterMail',
    paths: [
      'C:\\Program Files (x86)\\SmarterTools\\SmarterMail\\Service',
      'C:\\Program Files\\SmarterTools\\SmarterMail\\Service',
      '/opt/smartermail',
      '/etc/smartermail',
    ],
    programs: [],
  },
]
