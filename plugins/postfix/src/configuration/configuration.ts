// main.cf and master.cf as postconf(1) prints them.

/** A line of master.cf. */
export interface Service {
  /** `smtp/inet`. */
  readonly name: string
  /** The daemon's program: `smtpd`. */
  readonly program: string
  /** Most processes at a time; Infinity for 0 in master.cf. */
  readonly limit: number
  /** `-o` of this service, expanded. */
  readonly overrides: ReadonlyMap<string, string>
}

/** One Postfix instance. */
export interface Configuration {
  /** config_directory. */
  readonly directory: string
  /** All parameters, defaults included, `$name` expanded. */
  readonly parameters: ReadonlyMap<string, string>
  readonly services: readonly Service[]
}

/** What `postconf -x`, `postconf -M` and `postconf -Px` print. */
export interface PostconfOutput {
  readonly parameters: string
  readonly services: string
  readonly overrides: string
}

const DEFAULT_LIMIT = 100

/** Reads what postconf(1) printed for the configuration in `directory`. */
export const readConfiguration = (directory: string, output: PostconfOutput): Configuration => {
  const parameters = readParameters(output.parameters)
  const overrides = readOverrides(output.overrides)
  const usual = processLimit(parameters.get('default_process_limit') ?? '') ?? DEFAULT_LIMIT
  const services = output.services.split('\n').flatMap((line): Service[] => {
    const [name, type, , , , , processes, program] = line.trim().split(/\s+/)
    if (name === undefined || name.startsWith('#') || program === undefined) return []
    const full = `${name}/${type}`
    return [
      {name: full, program, limit: processLimit(processes!) ?? usual, overrides: overrides.get(full) ?? new Map()},
    ]
  })
  return {directory, parameters, services}
}

/** Undefined for `-`; 0 is no limit. */
const processLimit = (text: string): number | undefined => {
  if (!/^\d+$/.test(text)) return undefined
  return Number(text) === 0 ? Infinity : Number(text)
}

const readParameters = (text: string): Map<string, string> => {
  const parameters = new Map<string, string>()
  for (const line of text.split('\n')) {
    const parts = /^(\S+) =(?: (.*))?$/.exec(line)
    if (parts !== null) parameters.set(parts[1]!, parts[2] ?? '')
  }
  return parameters
}

const readOverrides = (text: string): Map<string, Map<string, string>> => {
  const services = new Map<string, Map<string, string>>()
  for (const line of text.split('\n')) {
    const parts = /^([^/]+\/[^/]+)\/(\S+) =(?: (.*))?$/.exec(line)
    if (parts === null) continue
    const [, service, parameter, value] = parts as unknown as [string, string, string, string | undefined]
    const known = services.get(service) ?? new Map<string, string>()
    services.set(service, known.set(parameter, value ?? ''))
  }
  return services
}
