// Writes a page for each topic from the commands' own help; with --check says which page is out of date instead.
import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {Config, CommandHelp} from '@oclif/core'

const DOCS = import.meta.dirname
const isCheck = process.argv.includes('--check')
const config = await Config.load({root: join(DOCS, '..'), userPlugins: false})

const ours = config.commands
  .filter(({pluginName, hidden}) => !hidden && (pluginName === 'mailops' || pluginName?.startsWith('@mailops/')))
  .toSorted((a, b) => (a.id < b.id ? -1 : 1))
const topicOf = id => (id.includes(':') ? id.split(':')[0] : 'mailops')

const sectionOf = command => {
  const help = new CommandHelp({...command, id: command.id.replaceAll(':', ' ')}, config, {maxWidth: 100, stripAnsi: true})
  // What a terminal shows, without the blanks at the ends of its lines.
  const text = help.generate().replace(/[ \t]+$/gm, '').replaceAll('\u001b[0m', '')
  return `## mailops ${command.id.replaceAll(':', ' ')}\n\n${command.summary}\n\n\`\`\`text\n${text.trim()}\n\`\`\`\n`
}

const pageOf = topic => {
  const commands = ours.filter(({id}) => topicOf(id) === topic)
  const description = config.topics.find(({name}) => name === topic)?.description ?? 'what was changed, and whether this machine is fit'
  const contents = commands.map(({id}) => {
    const name = `mailops ${id.replaceAll(':', ' ')}`
    return `- [${name}](#${name.replaceAll(' ', '-')})`
  })
  const sections = commands.map(sectionOf)
  return `# mailops${topic === 'mailops' ? '' : ` ${topic}`}\n\n${description}\n\nGenerated from the commands' help by \`npm run docs\`.\n\n${contents.join('\n')}\n\n${sections.join('\n')}`
}

const stale = []
for (const topic of new Set(ours.map(({id}) => topicOf(id)))) {
  const path = join(DOCS, `${topic}.md`)
  const page = pageOf(topic)
  if (existsSync(path) && readFileSync(path, 'utf8') === page) continue
  if (isCheck) stale.push(`docs/${topic}.md`)
  else writeFileSync(path, page)
}
if (stale.length > 0) {
  process.stderr.write(`out of date: ${stale.join(', ')}; run: npm run docs\n`)
  process.exitCode = 1
}
