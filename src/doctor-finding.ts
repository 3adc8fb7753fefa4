// What doctor shows, one line a finding: of the core and of each plugin.

/** One thing that doctor shows. */
export interface DoctorFinding {
  /** Stable, for scripts: `STATE_NOT_WRITABLE`. */
  readonly code: string
  readonly severity: 'ok' | 'note' | 'problem'
  readonly text: string
  /** Command to type. */
  readonly hint?: string
}
