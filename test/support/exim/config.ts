// A configuration of Exim for tests, of sections that a test can replace one by one.

/** Sections of the configuration file; what is not given is as below. */
export interface EximSections {
  /** Lines added to the main section. */
  readonly main?: string
  readonly acl?: string
  readonly authenticators?: string
  readonly routers?: string
  readonly transports?: string
  readonly retry?: string
}

/** The one account that may log in, by LOGIN and by PLAIN. */
export const ACCOUNT = {user: 'alice@local.example', password: 's3cret'} as const

const condition = (user: string, password: string): string =>
  `\${if and {{eqi{${user}}{${ACCOUNT.user}}}{eq{${password}}{${ACCOUNT.password}}}}}`

// Named as cPanel names them: only the instance name is logged. The user `defer` stands for a backend that is down.
const AUTHENTICATORS = `
dovecot_login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = "Username:: : Password::"
  server_condition = \${if eq{$auth1}{defer}{\${readfile{/nonexistent/key}}}{${condition('$auth1', '$auth2')}}}
  server_set_id = $auth1
dovecot_plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if eq{$auth2}{defer}{\${readfile{/nonexistent/key}}}{${condition('$auth2', '$auth3')}}}
  server_set_id = $auth2
`

const ROUTERS = `
lookuphost:
  driver = dnslookup
  domains = ! +local_domains
  ignore_target_hosts = 0.0.0.0 : 127.0.0.0/8
  transport = remote_smtp
swallow:
  driver = redirect
  data = :blackhole:
`

/** The whole file for an Exim whose spool, logs and lists are below `directory`. */
export const eximConfig = (directory: string, sections: EximSections): string => `
primary_hostname = server1.host.example
spool_directory = ${directory}/spool
log_file_path = ${directory}/log/%slog
pid_file_path = ${directory}/spool/exim.pid
local_interfaces = 127.0.0.1
tls_advertise_hosts =
host_lookup =
keep_environment =
domainlist local_domains = $primary_hostname : lsearch;${directory}/localdomains
acl_smtp_rcpt = acl_rcpt
${sections.main ?? ''}
begin acl
${sections.acl ?? 'acl_rcpt:\n  accept authenticated = *\n  accept hosts = :'}
begin authenticators
${sections.authenticators ?? AUTHENTICATORS}
begin routers
${sections.routers ?? ROUTERS}
begin transports
${sections.transports ?? 'remote_smtp:\n  driver = smtp'}
begin retry
${sections.retry ?? '*  *  F,2h,15m'}
`
