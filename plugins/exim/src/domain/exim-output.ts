// What Exim prints about routing and its own options (-bt, -bP), as 4.96 does; other lines are kept as they are.

/** How `exim -bt` judged an address: its exit statuses are 0 all routed, 1 some deferred, 2 any failed. */
export interface RouteTest {
  readonly outcome: 'routed' | 'deferred' | 'failed' | 'self' | 'unknown'
  /** Its own words, one line. */
  readonly text: string
}

/** It says a line or two for each address; what is not Exim may say anything. */
const MOST_LINES = 20

const SELF = /lowest numbered MX record points to local host|remote host address is the local host/

/** Reads stdout, stderr (where the log line of a frozen address goes) and exit status of `exim -bt ADDRESS`. */
export const routeTest = ({
  stdout,
  stderr,
  status,
}: {
  stdout: string
  stderr: string
  status: number | null
}): RouteTest => {
  const lines = stdout
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  const log = stderr
    .split('\n')
    .find(line => SELF.test(line))
    ?.trim()
  const said = lines.find(line => SELF.test(line)) ?? log
  if (said !== undefined) return {outcome: 'self', text: said}
  const text = lines.slice(0, MOST_LINES).join('; ') || stderr.trim().split('\n').at(-1) || ''
  const outcomes = ['routed', 'deferred', 'failed'] as const
  return {outcome: outcomes[status ?? -1] ?? 'unknown', text}
}

/** Values of `exim -bP`: `name = value`, and for a boolean `name` or `no_name`. */
export const eximOptions = (stdout: string): Map<string, string> =>
  new Map(
    stdout.split('\n').flatMap((line): [string, string][] => {
      const match = /^([a-z0-9_]+)(?:\s*=\s*(.*))?$/.exec(line.trim())
      return match === null ? [] : [[match[1]!, match[2] ?? 'true']]
    }),
  )

/** One router of `exim -bP routers`. */
export interface RouterOptions {
  readonly name: string
  readonly options: ReadonlyMap<string, string>
}

/** All routers of `exim -bP routers`. */
export const eximRouters = (stdout: string): RouterOptions[] => {
  const parts = stdout.split(/^(\S+) router:$/m)
  return parts.flatMap((name, index) => (index % 2 === 1 ? [{name, options: eximOptions(parts[index + 1] ?? '')}] : []))
}

/** Items of a host list option; `<;` at its front changes the separator. */
export const hostItems = (value: string): string[] => {
  const changed = /^<(\S)\s*/.exec(value)
  const body = changed === null ? value.replaceAll('::', '\u0000') : value.slice(changed[0].length)
  return body
    .split(changed?.[1] ?? ':')
    .map(item => item.trim().replaceAll('\u0000', ':'))
    .filter(item => item !== '')
}
