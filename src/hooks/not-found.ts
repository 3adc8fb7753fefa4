// A mistyped command: names the nearest, runs nothing.
import type {Hook} from '@oclif/core/interfaces'

import {OpsError} from '../errors.js'
import {nearest} from '../nearest.js'

const hook: Hook.CommandNotFound = async ({id, argv = [], config}) => {
  const spoken = id.replaceAll(':', ' ')
  const names = config.commands.filter(({hidden}) => !hidden).map(command => command.id.replaceAll(':', ' '))
  const topics = config.topics.map(({name}) => name.replaceAll(':', ' '))
  // `mailops qmail purg` comes as a topic and its argument.
  const typed = [spoken, ...argv.filter(word => !word.startsWith('-'))].slice(0, 3)
  const tries = typed.map((_, index) => typed.slice(0, index + 1).join(' ')).toReversed()
  const near = tries.map(text => nearest(text, [...names, ...topics])).find(found => found !== null)
  throw new OpsError('NO_SUCH_COMMAND', `there is no command '${spoken}'`, {
    exit: 'usage',
    hint: near === undefined || near === null ? 'mailops help' : `mailops ${near} --help`,
  })
}

export default hook
