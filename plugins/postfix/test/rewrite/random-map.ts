// Random tables as people and programs write them: products of names and commands, few answers, duplicates, mistakes.
import fc from 'fast-check'

import type {TableType} from '../support/postmap.js'

const NAME = fc.constantFrom('a', 'ab', 'abc', 'b', 'ba', 'bab', 'c', 'ca', 'A', 'aB', 'a-b', 'a-c', 'b1', 'b2')
const COMMAND = fc.constantFrom('', '-a', '-b', '-ab', '-join', '(-a|-b)', '(-a)?', '-b(\\+.*)?', '\\+c', '[12]', '-[ab]', '-a*', '-a{1,2}')
const DOMAIN = fc.constantFrom('@a\\.b$', '@a\\.b$', '@a.b$', '@c$', '@a\\.b', '', '$', '@(a|c)\\.b$')
const HEAD = fc.constantFrom('^', '^', '^', '^', '', '^.*', '^(.*)', '^x?', '.*')
const ANSWER = fc.constantFrom('x', 'x', 'x', 'x', 'y', 'y', 'z', '', '$1', '$$x', 'two words')
const FLAGS = fc.constantFrom('', '', '', '', '', '', 'i', 'ii')

const address = fc.tuple(HEAD, NAME, COMMAND, DOMAIN).map(parts => parts.join(''))

const WORDS = ['ab', 'abc', 'ba', 'bac', 'ca', 'a b', 'a  b', 'b #a', 'cab']
const word = fc.constantFrom(...WORDS)
/** What header and body checks look like. */
const check = fc.oneof(
  word,
  fc.tuple(word, word).map(([a, b]) => `${a}.*${b}`),
  fc.tuple(word, word).map(([a, b]) => `^${a}:.*${b}`),
  fc.tuple(word, word).map(([a, b]) => `^${a}:.*${b}.*c`),
  word.map(a => `\\b${a}\\b`),
  word.map(a => `${a}$`),
  fc.tuple(word, word).map(([a, b]) => `(${a}|${b})`),
  fc.tuple(word, word).map(([a, b]) => `^${a}|${b}$`),
)

const special = (type: TableType): fc.Arbitrary<string> =>
  fc.constantFrom(...(type === 'pcre' ? ['(?!a)b', '(a)\\1', '^(?>a)b', 'a\\d', '^a++', 'a(?i)B'] : ['(a)\\1', 'a\\d', '[a-c]{3}', '\\<a']))

const pattern = (type: TableType): fc.Arbitrary<string> =>
  fc.oneof({weight: 6, arbitrary: address}, {weight: 3, arbitrary: check}, {weight: 1, arbitrary: special(type)})

const rule = (type: TableType): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom('', '', '', '', '', '', '!'), pattern(type), FLAGS, ANSWER)
    .map(([bang, text, flags, answer]) => `${bang}/${text}/${flags} ${answer}`)

const other = fc.constantFrom('# a comment', '#', '', '  # indented', '/broken', 'nonsense', '/(/ x', '/a/q x', 'endif', '  more')

/** The lines between an if and its endif, which may be missing. */
const guarded = (type: TableType): fc.Arbitrary<string[]> =>
  fc
    .tuple(pattern(type), fc.constantFrom('', '!'), fc.array(rule(type), {maxLength: 5}), fc.constantFrom('endif', 'endif', 'endif', 'endif', ''))
    .map(([text, bang, rules, end]) => [`if ${bang}/${text}/`, ...rules, ...(end === '' ? [] : [end])])

/** A product, perhaps with holes. */
const product: fc.Arbitrary<string[]> = fc
  .tuple(
    fc.uniqueArray(NAME, {minLength: 1, maxLength: 5}),
    fc.uniqueArray(COMMAND, {minLength: 1, maxLength: 5}),
    DOMAIN,
    fc.constantFrom('x', 'y'),
    fc.array(fc.nat(24), {maxLength: 3}),
  )
  .map(([names, commands, domain, answer, holes]) =>
    names
      .flatMap(name => commands.map(command => `/^${name}${command}${domain}/ ${answer}`))
      .filter((_, at) => !holes.includes(at)),
  )

/** Whole tables. */
export const randomMap = (type: TableType): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        {weight: 8, arbitrary: rule(type).map(line => [line])},
        {weight: 2, arbitrary: product},
        {weight: 1, arbitrary: guarded(type)},
        {weight: 1, arbitrary: other.map(line => [line])},
      ),
      {minLength: 1, maxLength: 12},
    )
    .map(parts => `${parts.flat().join('\n')}\n`)

const PIECES = ['a', 'b', 'c', 'ab', 'A', '-', '-a', '-b', '+', '@', '@a.b', '@axb', '@c', '1', '2', ' ', 'x', 'abc:', 'ba', '\xe9', '#']

/** Keys that come near to what those tables match. */
export const mapKeys: fc.Arbitrary<string[]> = fc
  .array(fc.array(fc.constantFrom(...PIECES), {minLength: 1, maxLength: 6}).map(parts => parts.join('')), {minLength: 40, maxLength: 80})
  .map(keys => [...new Set(keys)])
