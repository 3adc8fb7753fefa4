// What one of the ten checks found.

/** In the order in which they are shown. */
export const CHECKS = [
  'lists',
  'mxcheck',
  'mx',
  'addresses',
  'shape',
  'route',
  'router',
  'interfaces',
  'owner',
  'queue',
] as const
export type Check = (typeof CHECKS)[number]

/** `skip`: there was nobody to ask. */
export interface DomainFinding {
  readonly check: Check
  readonly severity: 'ok' | 'note' | 'problem' | 'skip'
  /** Stable, for scripts. */
  readonly code: string
  readonly text: string
}

/** A finding. */
export const finding = (
  check: Check,
  severity: DomainFinding['severity'],
  code: string,
  text: string,
): DomainFinding => ({check, severity, code, text})
