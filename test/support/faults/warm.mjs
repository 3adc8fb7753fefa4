// Forked by warm.ts: runs scenarios that nothing is to kill, one after the other, each with its modules fresh, in one process.
import {pathToFileURL} from 'node:url'
import {inspect} from 'node:util'

const LISTENED = ['exit', 'SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection']
const base = {...process.env}
const streams = {stdout: process.stdout, stderr: process.stderr}
let count = 0

const setEnv = env => {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name]
  Object.assign(process.env, env)
}

/** What the end of a process would do of itself: what waits for it is called and taken away. */
const endOf = before => {
  for (const name of LISTENED)
    for (const listener of process.listeners(name))
      if (!before.get(name).includes(listener)) {
        if (name === 'exit') listener(process.exitCode ?? 0)
        process.off(name, listener)
      }
}

const run = async ({file, argv, env}) => {
  const said = {stdout: '', stderr: ''}
  const before = new Map(LISTENED.map(name => [name, process.listeners(name)]))
  for (const [name, stream] of Object.entries(streams))
    stream.write = (chunk, ...rest) => {
      said[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
      rest.findLast(argument => typeof argument === 'function')?.()
      return true
    }
  process.argv = [process.execPath, file, ...argv]
  process.exitCode = undefined
  setEnv({...base, ...env})
  let status = 0
  try {
    count++
    await import(`${pathToFileURL(file).href}?${count}`)
    status = process.exitCode ?? 0
  } catch (error) {
    said.stderr += `${inspect(error)}\n`
    status = 1
  }
  endOf(before)
  for (const stream of Object.values(streams)) delete stream.write
  process.exitCode = undefined
  return {status, signal: null, ...said}
}

process.on('message', message => void run(message).then(ended => process.send(ended)))
process.on('disconnect', () => process.exit())
