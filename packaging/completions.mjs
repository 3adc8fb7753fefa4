// Completions for bash and zsh from the commands' own flags. Usage: node packaging/completions.mjs DIRECTORY
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {commands, topics} from './commands.mjs'

const flagWords = ({name, allowNo}) => (allowNo ? [`--${name}`, `--no-${name}`] : [`--${name}`])

/** By what has been typed (`''`, `qmail`, `qmail trash`): the words that may follow, with what each is. */
const following = new Map()
const offer = (before, word, about) => {
  const key = before.join(' ')
  if (!following.has(key)) following.set(key, new Map())
  if (!following.get(key).has(word)) following.get(key).set(word, about)
}
for (const {words, summary} of commands)
  for (const [depth, word] of words.entries()) offer(words.slice(0, depth), word, depth === words.length - 1 ? summary : '')
for (const {name, summary} of topics) following.get('').set(name, summary)
offer([], 'help', 'help of a command')

const shell = text => `'${text.replaceAll("'", `'\\''`)}'`

const bash = () => `# bash completion for mailops; generated from its commands
_mailops() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} typed= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == -* ]] && break
    typed+="\${typed:+ }\${COMP_WORDS[i]}"
  done
  COMPREPLY=()
  local words= flags= values=
  while :; do
    case $typed in
${[...following].map(([before, words]) => `      ${shell(before)}) words=${shell([...words.keys()].join(' '))} ;;`).join('\n')}
    esac
    case $typed in
${commands.map(({words, flags}) => `      ${shell(words.join(' '))}) flags=${shell([...flags.flatMap(flagWords), '--help'].join(' '))} ;;`).join('\n')}
    esac
    [[ -n $words$flags || $typed != *' '* ]] && break
    # The rest are arguments.
    typed=\${typed% *}
  done
  case "$typed $prev" in
${commands.flatMap(({words, flags}) => flags.filter(({options}) => options.length > 0).map(({name, options}) => `    ${shell(`${words.join(' ')} --${name}`)}) values=${shell(options.join(' '))} ;;`)).join('\n')}
  esac
  if [[ -n $values ]]; then COMPREPLY=($(compgen -W "$values" -- "$cur"))
  elif [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$cur"))
  elif [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$cur"))
  fi
}
complete -o default -F _mailops mailops
`

// A colon parts a word from its description in _describe.
const described = (word, about) => shell(`${word.replaceAll(':', '\\:')}${about === '' ? '' : `:${about.replaceAll('\n', ' ')}`}`)

const zsh = () => `#compdef mailops
# zsh completion for mailops; generated from its commands
_mailops() {
  local -a typed offered flags
  local word
  for word in \${words[2,CURRENT-1]}; do
    [[ $word == -* ]] && break
    typed+=($word)
  done
  while :; do
    case "\${typed[*]}" in
${[...following].map(([before, words]) => `      ${shell(before)}) offered=(${[...words].map(([word, about]) => described(word, about)).join(' ')}) ;;`).join('\n')}
    esac
    case "\${typed[*]}" in
${commands.map(({words, flags}) => `      ${shell(words.join(' '))}) flags=(${flags.flatMap(flag => flagWords(flag).map(word => described(word, flag.text))).join(' ')} '--help:help of this command') ;;`).join('\n')}
    esac
    (( \${#offered} + \${#flags} || \${#typed} < 2 )) && break
    typed[-1]=()
  done
  if [[ \${words[CURRENT]} == -* ]]; then _describe -o option flags
  elif (( \${#offered} )); then _describe command offered
  else _files
  fi
}
_mailops "$@"
`

const directory = process.argv[2]
if (directory === undefined) throw new Error('usage: node packaging/completions.mjs DIRECTORY')
mkdirSync(directory, {recursive: true})
writeFileSync(join(directory, 'mailops.bash'), bash())
writeFileSync(join(directory, '_mailops'), zsh())
