// Which daemon reads which parameter, as the daemons' own sources say (facts of Postfix 3.7 to 3.12).

/**
 * How a table is opened. A process loads a table once for each way it opens it (dict_open's flags), however many
 * parameters name it.
 */
export type OpenedAs = 'map' | 'map without $n' | 'list' | 'checks'

/** A parameter that names tables. */
export interface MapParameter {
  readonly programs: readonly string[]
  readonly openedAs: OpenedAs
}

const entry = (programs: string, openedAs: OpenedAs, names: string): [string, MapParameter][] =>
  names.split(/\s+/).map(name => [name, {programs: programs.split(' '), openedAs}])

/** trivial-rewrite(8), local(8) and virtual(8) refuse $n for what decides about delivery. */
const PARAMETERS: ReadonlyMap<string, MapParameter> = new Map([
  ...entry(
    'trivial-rewrite',
    'map without $n',
    'transport_maps sender_dependent_relayhost_maps sender_dependent_default_transport_maps address_verify_transport_maps ' +
      'address_verify_sender_dependent_relayhost_maps address_verify_sender_dependent_default_transport_maps',
  ),
  ...entry('trivial-rewrite', 'map', 'relocated_maps'),
  ...entry('smtpd trivial-rewrite', 'list', 'mydestination virtual_alias_domains virtual_mailbox_domains'),
  ...entry('smtpd trivial-rewrite', 'list', 'relay_domains'),
  ...entry('qmgr cleanup flush', 'list', 'fast_flush_domains'),
  ...entry('smtpd cleanup', 'map', 'canonical_maps sender_canonical_maps recipient_canonical_maps virtual_alias_maps'),
  ...entry('smtpd', 'map', 'local_recipient_maps relay_recipient_maps'),
  ...entry('smtpd', 'map', 'virtual_mailbox_maps'),
  ...entry('local', 'map without $n', 'alias_maps mailbox_transport_maps fallback_transport_maps mailbox_command_maps'),
  ...entry('virtual', 'map without $n', 'virtual_uid_maps virtual_gid_maps'),
  ...entry('cleanup', 'checks', 'header_checks mime_header_checks nested_header_checks body_checks milter_header_checks'),
  ...entry('cleanup', 'map', 'sender_bcc_maps recipient_bcc_maps'),
  ...entry('smtpd', 'list', 'permit_mx_backup_networks mynetworks relay_clientcerts local_header_rewrite_clients'),
  ...entry('smtpd', 'checks', 'smtpd_command_filter smtpd_forbidden_commands'),
  ...entry('postscreen', 'checks', 'postscreen_forbidden_commands postscreen_command_filter'),
  ...entry('smtp', 'checks', 'smtp_header_checks smtp_mime_header_checks smtp_nested_header_checks smtp_body_checks'),
  ...entry('lmtp', 'checks', 'lmtp_header_checks lmtp_mime_header_checks lmtp_nested_header_checks lmtp_body_checks'),
  ...entry('smtp', 'map', 'smtp_generic_maps smtp_sasl_password_maps smtp_tls_policy_maps smtp_tls_per_site'),
  ...entry('lmtp', 'map', 'lmtp_generic_maps lmtp_sasl_password_maps lmtp_tls_policy_maps lmtp_tls_per_site'),
])

/** Beyond virtual(8)'s flags: one parameter, two programs, opened in two ways. */
const MORE: ReadonlyMap<string, MapParameter> = new Map(
  entry('virtual', 'map without $n', 'virtual_mailbox_maps'),
)

// For all other parameters the daemon stands in the name.
const PREFIXES: readonly [string, string][] = [
  ['smtpd_', 'smtpd'],
  ['postscreen_', 'postscreen'],
  ['smtp_', 'smtp'],
  ['lmtp_', 'lmtp'],
  ['tlsproxy_', 'tlsproxy'],
  ['local_', 'local'],
  ['virtual_', 'virtual'],
  ['pipe_', 'pipe'],
  ['error_', 'error'],
  ['discard_', 'discard'],
]

/** Restriction lists and what they call on: check_recipient_access and the like. */
const RESTRICTIONS = /^smtpd_\w+_restrictions$/

/**
 * Returns who opens the tables of a parameter; empty for one that no daemon is known to read, such as a name of the
 * administrator's own that others refer to.
 * @param classes names in smtpd_restriction_classes
 */
export const readersOf = (parameter: string, classes: readonly string[]): readonly MapParameter[] => {
  const known = PARAMETERS.get(parameter)
  if (known !== undefined) return MORE.has(parameter) ? [known, MORE.get(parameter)!] : [known]
  if (classes.includes(parameter) || RESTRICTIONS.test(parameter)) return [{programs: ['smtpd'], openedAs: 'map'}]
  const prefix = PREFIXES.find(([start]) => parameter.startsWith(start))
  if (prefix === undefined) return []
  return [{programs: [prefix[1]], openedAs: parameter.endsWith('_filter') ? 'checks' : 'map'}]
}

/** True where Postfix skips rules with $n for this parameter (dict flag NO_REGSUB). */
export const forbidsSubstitution = (openedAs: OpenedAs): boolean => openedAs === 'map without $n'
