// Random patterns, tables and keys: a grammar that goes where the engines differ from textbooks and from each other.
import fc from 'fast-check'

import type {TableType} from './postmap.js'

const BYTES = ['a', 'b', 'A', 'z', '_', '-', '.', '@', '1', '\xe9']

const COMMON_ATOMS = [
  ...'aabbcAZz_1-,:@ \xe9'.split(''),
  ...'. [ab] [^a] [a-c] [A-z] [_-z] [Z-a] [a-_] []a] [^]a] [a-] [-a] [a\\d] [[:alpha:]] [[:lower:]]'.split(' '),
  ...'[[:upper:]1] [^[:space:]] [[:digit:]-] [[:digit:]-a] [[:word:]] [[:nope:]] [[.a.]] [[=a=]] [[.a.]-c]'.split(' '),
  ...'[a-c-e] [b-a] [+--] [\\] [\\]] [`-{] [[] [a [[:alpha:] [[:ALPHA:]] [^^] [:a:] \\. \\a \\d \\D \\w \\W'.split(' '),
  ..."\\s \\S \\b \\B \\n \\t \\y \\A \\Z \\z \\< \\> \\` \\' \\/ \\_ \\- \\( \\) \\[ \\{ \\| \\+ \\? \\* ^ $".split(
    ' ',
  ),
  ...'( ) | () (|a) a| { } \\E \\e \\C \\8 \\12 \\012 \\x61 \\x{62} \\x \\cA # \\#'.split(' '),
]

const PCRE_ATOMS = [
  ..."(?i) (?-i) (?s-m) (?x) (?^) (?: (?i: (?| (?<n> (?'m' (?#c) (?= (?! (?<= (?> \\Q \\Qa.b\\E \\h \\H \\v".split(' '),
  ...'\\V \\N \\R \\G \\K \\1 \\g1 \\k<n> \\pL \\X [\\w-] [\\h] [\\x61-z] [\\Qa-z\\E] [a-\\d] [\\b] [\\B]'.split(' '),
  ...'[[:^alpha:]] [[:<:]] [[:>:]] \\o{141} \\o{9} (?m) (?n) (?U) (?xx) (*ACCEPT) (?R)'.split(' '),
]

const QUANTIFIERS = '* + ? {2} {1,2} {0,1} {,2} {2,} {0} {2,1} {1 {x} {} *? +? ?? *+ ++ {1}{2} ** {1,2}?'.split(' ')

/** Wild text: often wrong, as what people write is. */
const wildPattern = (type: TableType): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        {weight: 6, arbitrary: fc.constantFrom(...COMMON_ATOMS)},
        {weight: 2, arbitrary: fc.constantFrom(...QUANTIFIERS)},
        ...(type === 'pcre'
          ? [{weight: 3, arbitrary: fc.constantFrom(...PCRE_ATOMS)}]
          : [{weight: 1, arbitrary: fc.constantFrom('\\1')}]),
      ),
      {maxLength: 7},
    )
    .map(parts => parts.join(''))

/** Patterns that both engines accept, nested and repeated. */
export const tamePattern = fc.letrec<{re: string; atom: string}>(tie => ({
  atom: fc.oneof(
    {maxDepth: 3},
    {
      weight: 5,
      arbitrary: fc.constantFrom('a', 'b', 'c', 'B', '1', '\\.', '.', '[ab]', '[^b]', '[a-c1]', '@', '-', '_'),
    },
    {weight: 1, arbitrary: fc.constantFrom('\\w', '\\W', '\\s', '\\b', '\\B', '^', '$', '()')},
    {weight: 2, arbitrary: tie('re').map(re => `(${re})`)},
  ),
  re: fc
    .array(
      fc.array(fc.tuple(tie('atom'), fc.constantFrom('', '', '', '', '*', '+', '?', '{2}', '{1,2}', '{0,2}', '{1,}')), {
        maxLength: 4,
      }),
      {
        minLength: 1,
        maxLength: 3,
      },
    )
    // What looks around takes no quantifier in either engine.
    .map(branches =>
      branches
        .map(items => items.map(([atom, times]) => (/^(\\[bB]|\^|\$)$/.test(atom) ? atom : atom + times)).join(''))
        .join('|'),
    ),
})).re

/** Any pattern text. */
export const pattern = (type: TableType): fc.Arbitrary<string> =>
  fc.oneof(
    {weight: 3, arbitrary: wildPattern(type)},
    {weight: 3, arbitrary: tamePattern},
    {weight: 1, arbitrary: tamePattern.map(re => `^(${re})$`)},
  )

const flags = (type: TableType): fc.Arbitrary<string> =>
  fc.oneof(
    {weight: 4, arbitrary: fc.constant('')},
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        ...(type === 'pcre' ? ['i', 'm', 's', 'x', 'A', 'E', 'U', 'X', 'im', 'ii'] : ['i', 'm', 'x', 'im', 'xi', 'ii']),
      ),
    },
  )

const bang = fc.constantFrom('', '', '', '', '!', '!!', '! ')

/** A pattern between delimiters that do not occur in it. */
const quoted = (type: TableType): fc.Arbitrary<string> =>
  fc
    .tuple(bang, pattern(type), flags(type), fc.constantFrom('/', '/', '/', ',', '!', ';'))
    .map(([negation, re, letters, wish]) => {
      const delimiter = [wish, '/', '%', '~'].find(candidate => !re.includes(candidate)) ?? '='
      return `${negation}${delimiter}${re}${delimiter}${letters}`
    })

const result = fc.constantFrom('ok', 'ok', 'X-$1', '[${1}][$2]', '$$x', '$(1)', '$0', '$x', '$', '', 'two words')

const statement = (type: TableType): fc.Arbitrary<string> =>
  fc.oneof(
    {weight: 6, arbitrary: fc.tuple(quoted(type), result).map(([pattern_, text]) => `${pattern_} ${text}`)},
    ...(type === 'regexp'
      ? [
          {
            weight: 1,
            arbitrary: fc
              .tuple(quoted(type), quoted(type), result)
              .map(([a, b, text]) => `${a}!${b.replace(/^[! ]+/, '')} ${text}`),
          },
        ]
      : []),
    {weight: 2, arbitrary: quoted(type).map(pattern_ => `if ${pattern_}`)},
    {weight: 2, arbitrary: fc.constant('endif')},
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '# comment',
        '',
        ' # indented',
        '  more',
        'ENDIF x',
        'If',
        'nonsense',
        'if!/a/',
        '/a',
        '/a/OK',
        '\tx',
      ),
    },
  )

/** Tables with a distinct result for each line, so that an answer tells its rule. */
export const randomTable = (type: TableType): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(statement(type), {minLength: 1, maxLength: 5}), fc.constantFrom('\n', '\n', '\n', '\r\n'))
    .map(([lines, end]) => lines.map((line, at) => (/ (ok|X-\$1)$/.test(line) ? `${line}${at}` : line)).join(end) + end)

/** Keys over the bytes that the patterns speak of, without newline, tab and NUL. */
export const randomKey: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      {weight: 8, arbitrary: fc.constantFrom('a', 'b', 'c', ...BYTES)},
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          ' ',
          'd',
          'D',
          'n',
          '\\',
          '^',
          '$',
          '(',
          ')',
          '{',
          '}',
          '[',
          ']',
          '*',
          '|',
          '\r',
          '`',
          '<',
          '\x85',
          '\x01',
          '/',
          ',',
          'y',
          'Y',
        ),
      },
    ),
    {
      minLength: 1,
      maxLength: 7,
    },
  )
  .map(parts => parts.join(''))

export const randomKeys: fc.Arbitrary<string[]> = fc
  .array(randomKey, {minLength: 30, maxLength: 60})
  .map(keys => [...new Set(keys)])
