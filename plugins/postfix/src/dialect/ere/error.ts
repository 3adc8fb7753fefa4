// The texts of regerror(3) in glibc, as Postfix logs them.

export const ERE_ERROR = {
  pattern: 'Invalid regular expression',
  collation: 'Invalid collation character',
  ctype: 'Invalid character class name',
  escape: 'Trailing backslash',
  backReference: 'Invalid back reference',
  bracket: 'Unmatched [, [^, [:, [., or [=',
  paren: 'Unmatched ( or \\(',
  brace: 'Unmatched \\{',
  count: 'Invalid content of \\{\\}',
  range: 'Invalid range end',
  repeat: 'Invalid preceding regular expression',
  size: 'Regular expression too big',
  closeParen: 'Unmatched ) or \\)',
} as const
