// Why a table cannot become an indexed one.

/** One reason, with the rule it lies in where there is one. */
export interface Refusal {
  readonly code: 'opaque' | 'infinite' | 'case' | 'unsafe-byte' | 'no-address' | 'captures' | 'too-many' | 'delimiter' | 'budget' | 'time'
  readonly line: number | undefined
  readonly message: string
  readonly hint?: string
}
