// The two forms of the filter, ready to run: the C one compiled for this test run, the Perl one as it stands.
import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

const FILTER = join(import.meta.dirname, '../../filter')

const isThere = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], {stdio: 'ignore'})
    return true
  } catch {
    return false // not on this machine, which is the answer
  }
}

const folder = mkdtempSync(join(tmpdir(), 'mailops-filter-'))
process.on('exit', () => rmSync(folder, {recursive: true, force: true}))

const build = (form: 'c' | 'perl'): string => {
  const target = join(folder, form)
  execFileSync(join(FILTER, 'build.sh'), [...(form === 'perl' ? ['--perl'] : []), target], {stdio: ['ignore', 'ignore', 'inherit']})
  return target
}

/** Name and path of each form that this machine can run; in CI both must be. */
export const filterForms = (): {form: string; path: string}[] => {
  const forms = [
    {form: 'C', needs: 'cc', build: () => build('c')},
    {form: 'Perl', needs: 'perl', build: () => build('perl')},
  ].filter(({needs}) => isThere(needs) || process.env['CI'] === 'true')
  return forms.map(one => ({form: one.form, path: one.build()}))
}
