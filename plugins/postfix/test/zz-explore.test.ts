import fc from 'fast-check'
import {test} from 'vitest'
import {parseTable} from '../src/table/index.js'
import {TableLookup} from '../src/lookup/lookup.js'
import {buildMachines} from '../src/automaton/machines.js'
import {tableRuleset} from '../src/automaton/table-ruleset.js'
import {Postmap, findPostmap} from './support/postmap.js'
import {randomKeys, randomTable} from './support/random-table.js'

const pm = new Postmap(findPostmap()!)
test('explore', () => {
  const N = Number(process.env.N ?? 300)
  for (const type of ['regexp','pcre'] as const) {
    let bad = 0, unknown = 0, total = 0, warnbad = 0, mach = 0
    const cases = fc.sample(fc.tuple(randomTable(type), randomKeys), {numRuns: N, ...(process.env.SEED ? {seed: Number(process.env.SEED)} : {})})
    for (const [table, keys] of cases) {
      const real = pm.ask(type, table, keys)
      const t = parseTable(table, {engine: type})
      const l = new TableLookup(t)
      const m = buildMachines([tableRuleset(t,'entry')])[0]!
      const lines = [...new Set(real.warnings.map(w => w.line))].sort().join()
      const opq = t.entries.some(e => (e.kind==='rule'||e.kind==='if') && e.pattern.parsed.kind==='opaque' && !e.pattern.parsed.certain)
      const mine = [...new Set(t.findings.filter(f => f.code !== 'leading-whitespace' && f.code!=='null-byte').map(f => f.line))].sort().join()
      if (lines !== mine && !opq && warnbad++ < 12) console.log('WARN', type, JSON.stringify(table), 'real', JSON.stringify(real.warnings), 'mine', JSON.stringify(t.findings.map(f=>[f.line,f.message])))
      for (const key of keys) {
        total++
        const a = l.lookup(key)
        const r = real.answers.get(key)
        if (a.kind === 'unknown' || a.kind === 'captures-unknown') { unknown++; continue }
        const got = a.kind === 'answer' ? a.result : undefined
        if (got !== r) { if (bad++ < 25) console.log('BAD', type, JSON.stringify(table), JSON.stringify(key), 'real', r, 'mine', JSON.stringify(a)); break }
        const tag = m.tags.name(m.run(key))
        const want = a.kind === 'answer' ? `#${a.entry}` : ''
        if (tag !== want && !tag.startsWith('\0') && mach++ < 10) console.log('MACHINE', type, JSON.stringify(table), JSON.stringify(key), tag, want)
      }
    }
    console.log(type, {bad, unknown, total, warnbad, mach})
  }
}, 600000)
