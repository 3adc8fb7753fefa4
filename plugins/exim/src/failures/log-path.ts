// Where Exim logs: its option log_file_path, and the places of distributions where it cannot be asked.

/** Logs by the places where distributions and panels put them; `%s` stands for main and reject. */
export const USUAL_LOGS: readonly string[] = [
  '/var/log/exim_%slog', // cPanel
  '/var/log/exim4/%slog', // Debian, Ubuntu
  '/var/log/exim/%s.log', // Fedora, RHEL with EPEL
  '/var/log/exim/%slog', // FreeBSD, DirectAdmin
  '/var/spool/exim/log/%slog', // Exim's own default
]

/** Where syslog puts what Exim sends there. */
export const SYSLOG_FILES: readonly string[] = ['/var/log/maillog', '/var/log/mail.log', '/var/log/syslog', '/var/log/messages']

/** What log_file_path says. */
export interface LogPath {
  /** Patterns of files, `%s` for the log's name; stamps are as `*`. */
  readonly files: readonly string[]
  readonly syslog: boolean
}

/**
 * Takes the value of log_file_path (spec, "Where the logs are written"): paths and `syslog`, apart by colons.
 * An empty item is the default, `log/%slog` in the spool directory.
 */
export const parseLogPath = (value: string, spool: string): LogPath => {
  // A colon in a path is doubled.
  const items = value.split(/:(?!:)(?<!::)/).map(item => item.replaceAll('::', ':').trim())
  const files = items
    .filter(item => item !== 'syslog')
    .map(item => (item === '' ? `${spool}/log/%slog` : item))
    .map(item => item.replace(/%[DM]/g, '*'))
  return {files: value.trim() === '' ? [`${spool}/log/%slog`] : files, syslog: items.includes('syslog')}
}

/** The names of the logs that failures stand in. */
export const LOG_NAMES = ['main', 'reject'] as const
