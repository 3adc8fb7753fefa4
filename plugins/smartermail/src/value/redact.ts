// Values as they may be shown: what a secret could be is left out.

/** What stands for a secret. */
export const HIDDEN = '(hidden)'

const URL_USER = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>]+@/gi
const ASSIGNED = /\b((?:password|passwd|pwd|pass|secret|token|api_?key|access_?key)\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s;,&"']+)/gi

/** A value without the passwords in URLs, connection strings and command lines. */
export const redact = (value: string): string => value.replace(URL_USER, `$1${HIDDEN}@`).replace(ASSIGNED, `$1${HIDDEN}`)
