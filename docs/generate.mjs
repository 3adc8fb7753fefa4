// Writes a page for each topic from the commands' own help, and one of what others wrote that is shipped; with --check
// says which page is out of date instead.
import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {Config, CommandHelp} from '@oclif/core'

import {shippedPackages} from '../packaging/licences.mjs'

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

const dependenciesPage = () => {
  const rows = shippedPackages(join(DOCS, '..')).map(({name, version, licence}) => `| ${name} | ${version} | ${licence} |`)
  const intro = 'What an installation brings along, direct or not. The texts of the licences stand in bundle/LICENSES.txt.'
  return `# Packages of others\n\n${intro}\n\nGenerated from package-lock.json by \`npm run docs\`.\n\n| package | version | licence |\n| --- | --- | --- |\n${rows.join('\n')}\n`
}

const stale = []
const keep = (name, page) => {
  const path = join(DOCS, name)
  if (existsSync(path) && readFileSync(path, 'utf8') === page) return
  if (isCheck) stale.push(`docs/${name}`)
  else writeFileSync(path, page)
}
for (const topic of new Set(ours.map(({id}) => topicOf(id)))) keep(`${topic}.md`, pageOf(topic))
keep('dependencies.md', dependenciesPage())
if (stale.length > 0) {
  process.stderr.write(`out of date: ${stale.join(', ')}; run: npm run docs\n`)
  process.exitCode = 1
}
