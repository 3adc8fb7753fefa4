// What /etc/mailops/greylist.json may hold, member by member.
import {OpsError} from 'mailops/core'
import * as v from 'valibot'

import {makeRule} from '../policy/rule.js'
import type {Listener, Rule, RuleList} from '../policy/types.js'
import {durationOrNull} from './duration.js'
import {parseHostPort, parseListener} from './listener.js'

const why = (error: unknown): string => {
  // Both are errors of ours about one value; anything else is a bug and goes up.
  if (error instanceof OpsError) return error.message
  throw error
}

/** Turns a text into a value by a function that throws OpsErrors, whose message becomes the member's. */
const parsed = <T>(parse: (text: string) => T) =>
  v.pipe(
    v.string('must be a text in quotes'),
    v.rawTransform<string, T>(({dataset, addIssue, NEVER}) => {
      try {
        return parse(dataset.value)
      } catch (error) {
        addIssue({message: why(error)})
        return NEVER
      }
    }),
  )

const duration = v.pipe(
  v.union([v.string(), v.number()], 'must be a span of time as 60s, 5m, 24h or 36d'),
  v.transform(value => durationOrNull(String(value))),
  v.number('must be a span of time as 60s, 5m, 24h or 36d'),
)
const flag = v.boolean('must be true or false')
const whole = (least: number, most: number) =>
  v.pipe(v.number('must be a number'), v.integer('must be a whole number'), v.minValue(least, `must be at least ${least}`), v.maxValue(most, `must be at most ${most}`))
const words = v.pipe(
  v.string('must be a text in quotes'),
  v.regex(/^[\u0020-\u007e]{1,400}$/, 'must be one line of at most 400 printable ASCII characters'),
)
const absolute = v.pipe(v.string('must be a path in quotes'), v.startsWith('/', 'must be an absolute path'))
const name = v.pipe(v.string('must be a name in quotes'), v.minLength(1, 'must not be empty'))

const listenerObject = v.pipe(
  v.looseObject({listen: v.string('must be unix:PATH or inet:HOST:PORT'), text: v.optional(words)}),
  v.rawTransform<{listen: string; [name: string]: unknown}, Listener>(({dataset: {value}, addIssue, NEVER}) => {
    const {listen, ...options} = value
    // A text may hold a comma, which the written form cannot.
    const {text, ...rest} = options
    const given = Object.entries(rest).map(([key, option]) => `,${key}=${String(option)}`)
    try {
      const listener = parseListener(listen + given.join(''))
      return typeof text === 'string' ? {...listener, text} : listener
    } catch (error) {
      addIssue({message: why(error)})
      return NEVER
    }
  }),
)
const listener = v.union([parsed(parseListener), listenerObject], issue => {
  const text = typeof issue.input === 'string' ? issue.input : JSON.stringify(issue.input)
  try {
    parseListener(typeof issue.input === 'string' ? issue.input : listenText(issue.input))
  } catch (error) {
    return why(error)
  }
  return `${text} is no listener`
})

const listenText = (input: unknown): string => {
  const {listen = '', text: _, ...rest} = (input ?? {}) as {listen?: unknown; text?: unknown}
  return String(listen) + Object.entries(rest).map(([key, option]) => `,${key}=${String(option)}`).join('')
}

const metrics = parsed(text => {
  const place = parseHostPort(text)
  if (place !== null) return place
  throw new OpsError('USAGE', `'${text}' is not HOST:PORT`, {exit: 'usage'})
})

const entries = (list: RuleList) =>
  v.array(
    v.union(
      [
        parsed((text): Rule => makeRule({list, text})),
        v.pipe(
          v.strictObject({
            ip: v.optional(v.string()),
            client: v.optional(v.string()),
            helo: v.optional(v.string()),
            sender: v.optional(v.string()),
            recipient: v.optional(v.string()),
            domain: v.optional(v.string()),
            note: v.optional(v.string()),
          }),
          v.rawTransform<{[name: string]: string | undefined}, Rule>(({dataset: {value}, addIssue, NEVER}) => {
            const {note, ...rest} = value
            const [given, ...more] = Object.entries(rest).filter(([, text]) => text !== undefined)
            if (given === undefined || more.length > 0) {
              addIssue({message: 'must have one of ip, client, helo, sender, recipient, domain'})
              return NEVER
            }
            try {
              return makeRule({list, kind: given[0] as Rule['kind'], text: given[1] ?? '', note})
            } catch (error) {
              addIssue({message: why(error)})
              return NEVER
            }
          }),
        ),
      ],
      issue => entryFault(list, issue.input),
    ),
    'must be a list [...]',
  )

const entryFault = (list: RuleList, input: unknown): string => {
  try {
    if (typeof input === 'string') makeRule({list, text: input})
    else {
      const {note: _, ...rest} = (input ?? {}) as Record<string, unknown>
      const [given] = Object.entries(rest)
      if (given !== undefined) makeRule({list, kind: given[0] as Rule['kind'], text: String(given[1])})
    }
  } catch (error) {
    return why(error)
  }
  return `is no entry: write "192.0.2.0/24", "user@example.com" or {"domain": "example.com"}`
}

/** The settings file. Unknown members are errors: a slip of the pen must not go unnoticed. */
export const fileSchema = v.strictObject({
  $schema: v.optional(v.string()),
  socket: v.optional(listener),
  policy: v.optional(v.array(listener, 'must be a list [...]')),
  exim: v.optional(v.array(listener, 'must be a list [...]')),
  db: v.optional(absolute),
  store: v.optional(v.pipe(v.string('must be a text in quotes'), v.regex(/^rediss?:\/\//, 'must be redis://HOST:PORT/N'))),
  metrics: v.optional(metrics),
  log: v.optional(v.picklist(['json', 'classic', 'off'], 'must be json, classic or off')),
  resolver: v.optional(v.pipe(v.string('must be IP or IP:PORT'), v.minLength(1))),
  spf: v.optional(flag),
  user: v.optional(name),
  group: v.optional(name),
  delay: v.optional(duration),
  window: v.optional(duration),
  keep: v.optional(duration),
  ipv4: v.optional(whole(8, 32)),
  ipv6: v.optional(whole(16, 128)),
  learning: v.optional(flag),
  text: v.optional(words),
  blockText: v.optional(words),
  passNetwork: v.optional(flag),
  recipients: v.optional(v.picklist(['all', 'opted-in'], 'must be all or opted-in')),
  providers: v.optional(flag),
  header: v.optional(flag),
  limits: v.optional(
    v.strictObject({
      perGroup: v.optional(whole(1, 2 ** 40)),
      ipv4: v.optional(whole(1, 32)),
      ipv6: v.optional(whole(1, 48)),
      pending: v.optional(whole(1, 2 ** 40)),
    }),
  ),
  allow: v.optional(entries('allow')),
  block: v.optional(entries('block')),
  optOut: v.optional(entries('opt-out')),
  optIn: v.optional(entries('opt-in')),
})

/** The file as it was understood. */
export type FileSettings = v.InferOutput<typeof fileSchema>
