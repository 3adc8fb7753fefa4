// Makes the machines of one question: they share alphabet and tags, so that they can be walked side by side.
import {buildAlphabet, SetNumbers} from './alphabet.js'
import {Machine} from './machine.js'
import {buildProgram} from './program.js'
import {AUTOMATON_LIMITS, type AutomatonLimits, type Ruleset} from './ruleset.js'
import {Tags} from './tags.js'

/** Returns one machine for each ruleset. BudgetError when writing out repetitions takes more nodes than allowed. */
export const buildMachines = (rulesets: readonly Ruleset[], limits: AutomatonLimits = AUTOMATON_LIMITS): Machine[] => {
  const numbers = new SetNumbers()
  const tags = new Tags()
  const programs = rulesets.map(ruleset => buildProgram(ruleset, {numbers, tags, limits}))
  const alphabet = buildAlphabet(numbers.sets, {wordLooks: programs.some(({wordLooks}) => wordLooks)})
  return programs.map(program => new Machine(program, {alphabet, tags, limits}))
}
