// What allow and block share: entries of a list added or taken away, with a plan and a way back.
import {dirname} from 'node:path'

import {Args, Flags} from '@oclif/core'
import {ChangeCommand, describe, plural, type JsonObject, type Plan} from 'mailops'

import {rulesChange, rulesHandler} from './effects/changes/rules.js'
import {storeAt} from './effects/changes/place.js'
import {openSteering} from './effects/steering/open.js'
import {ruleJson} from './exchange/lines.js'
import {placeFlags, settingsFrom} from './greylist-flags.js'
import {makeRule, ruleKey, ruleText, RULE_KINDS} from './policy/rule.js'
import type {Rule, RuleList, Settings} from './policy/types.js'

/** The options of both. */
export const listFlags = {
  ...placeFlags,
  as: Flags.option({options: RULE_KINDS, description: 'what the entry is compared with; needed for a bare name, which may be a domain of senders, a client or a HELO'})(),
  note: Flags.string({description: 'why, for whoever reads the list'}),
  remove: Flags.boolean({description: 'take the entries off the list'}),
}

/** Their arguments: at least one entry. */
export const listArgs = {
  entry: Args.string({required: true, ignoreStdin: true, description: '192.0.2.7, 192.0.2.0/24, 2001:db8::/32, user@domain, or a name with --as; several may be given'}),
}

interface ListFlagged {
  readonly config?: string | undefined
  readonly socket?: string | undefined
  readonly db?: string | undefined
  readonly store?: string | undefined
  readonly as?: Rule['kind'] | undefined
  readonly note?: string | undefined
  // oclif leaves a flag that was not given undefined.
  readonly remove?: boolean | undefined
  readonly 'dry-run': boolean
  readonly yes: boolean
}

/** Their base: reads the entries, plans, applies, says what came of it. */
export abstract class ListCommand extends ChangeCommand {
  /** Adds the entries to a list, or takes them off. */
  protected async change(list: RuleList, texts: readonly string[], flags: ListFlagged): Promise<JsonObject> {
    const settings = settingsFrom(flags)
    const wanted = texts.map(text => makeRule({list, text, kind: flags.as, note: flags.note, added: Date.now()}))
    const {now, at} = await this.#present(settings, flags['dry-run'])
    const byKey = new Map(now.map(rule => [ruleKey(rule), rule]))
    const unique = [...new Map(wanted.map(rule => [ruleKey(rule), rule])).values()]
    const add = flags.remove === true ? [] : unique.filter(rule => !byKey.has(ruleKey(rule)))
    const remove = flags.remove === true ? unique.flatMap(rule => byKey.get(ruleKey(rule)) ?? []) : []
    for (const rule of unique) {
      if ((flags.remove ?? false) === byKey.has(ruleKey(rule))) continue
      const inFile = settings.rules.some(one => ruleKey(one) === ruleKey(rule))
      this.say(`${ruleText(rule)}: ${flags.remove === true ? `is not on the list${inFile ? ` but in ${settings.file}` : ''}` : 'is on the list already'}`)
    }
    const document = {added: add.map(ruleJson), removed: remove.map(ruleJson)}
    if (add.length + remove.length === 0) return {...document, journalId: null}
    const plan: Plan = {subject: `greylist ${list}`, resource: dirname(at.db), changes: [rulesChange({at, add, remove})]}
    // One entry that --remove takes back is no danger: it is not asked about.
    const applied = await this.carryOut(plan, {dryRun: flags['dry-run'], yes: true, handlers: [rulesHandler()]})
    if (applied === null) return {...document, dryRun: true, plan: this.planJson(plan)}
    const what = flags.remove === true ? `removed ${plural(remove.length, 'entry', 'entries')}` : `added ${plural(add.length, 'entry', 'entries')}`
    if (applied.bulk[0]?.result['isToBeShared'] === true) this.warn('the shared store does not answer: this counts on this host now, and is carried over when it is back')
    this.say(`${what}; journal ${applied.journalId}; take it back with: mailops undo ${applied.journalId}`)
    return {...document, journalId: applied.journalId}
  }

  async #present(settings: Settings, dryRun: boolean) {
    try {
      const steering = await openSteering(settings, {warn: text => void this.warn(text), mayCreate: !dryRun})
      try {
        // The daemon may have another store than this command's flags say: its own word counts.
        return {now: await steering.rules(), at: {...storeAt(settings), db: steering.settings.db}}
      } finally {
        await steering.close()
      }
    } catch (error) {
      // A dry run makes no store; in one that is not there nothing is listed.
      if (dryRun && describe(error).code === 'NO_STORE') return {now: [], at: storeAt(settings)}
      throw error
    }
  }
}
