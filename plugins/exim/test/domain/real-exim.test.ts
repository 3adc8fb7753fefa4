// The whole story with a real Exim and a local DNS server: frozen by the fault, diagnosed, set right, thawed, delivered.
import {spawn} from 'node:child_process'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {cliIn} from '../support/cli.js'
import {startDns} from '../support/dns.js'
import {createDomainExim, whyNoNamespace, type RealDomainExim} from '../support/real-domain.js'

const why = whyNoNamespace()
const realTest = test.skipIf(why !== '')
const HERE = '192.0.2.10'

/** Not spawnSync: the DNS server that Exim asks lives in this process. */
const ask = async (
  {program}: RealDomainExim,
  args: readonly string[],
  input = '',
): Promise<{status: number | null; stdout: string; stderr: string}> =>
  await new Promise((resolve, reject) => {
    const child = spawn(program, args, {stdio: ['pipe', 'pipe', 'pipe']})
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', chunk => void (stdout += chunk))
    child.stderr.on('data', chunk => void (stderr += chunk))
    child.on('error', reject)
    child.on('close', status => resolve({status, stdout, stderr}))
    child.stdin.end(input)
  })

realTest(
  `frozen by the lowest MX, diagnosed, made local, thawed and delivered, undone ${why}`,
  {timeout: 300_000},
  async () => {
    const address = '127.53.8.1'
    const dns = await startDns(
      {
        'looped.example': {MX: [[0, 'server1.host.example']]},
        'server1.host.example': {A: [HERE]},
        'other.example': {MX: [[0, 'mx.other.example']]},
        'mx.other.example': {A: ['198.51.100.9']},
      },
      {host: address, port: 53},
    )
    try {
      const directory = temporaryDirectory('real-domain')
      const exim = createDomainExim(directory, {
        resolver: address,
        sections: {main: `extra_local_interfaces = ${HERE}`},
      })
      const mailops = cliIn(join(directory, 'mailops'))
      const tools = ['--exim', exim.program]
      const looks = ['--resolver', `${address}:53`, '--exim-config', exim.config]
      const message = (to: string): string => `From: a@local.example\nTo: ${to}\nSubject: test\n\nhello\n`
      expect(
        await ask(exim, ['-odi', '-f', 'a@local.example', 'bob@looped.example'], message('bob@looped.example')),
      ).toMatchObject({status: 0, stderr: ''})
      expect(
        await ask(exim, ['-odq', '-f', 'a@local.example', 'carl@looped.example'], message('carl@looped.example')),
      ).toMatchObject({status: 0, stderr: ''})
      const queue = (await ask(exim, ['-bp'])).stdout
      expect(queue, exim.log('main')).toContain('*** frozen ***')
      const ids = [...queue.matchAll(/(\w{6}-\w{6}-\w{2}) <.*?>(.*)/g)]
      const frozen = ids.find(([, , rest]) => rest?.includes('frozen'))![1]!
      const byHand = ids.find(([, , rest]) => !rest?.includes('frozen'))![1]!
      // Frozen for another reason: it has to stay so.
      await ask(exim, ['-Mf', byHand])

      const checked = (await mailops('exim', 'check-domain', 'looped.example', ...tools, ...looks, '--json')).json()
      const [one] = checked.domains
      expect(one).toMatchObject({verdict: 'MX_HERE_NOT_LOCAL', want: 'local', system: 'exim'})
      expect(one.frozen).toHaveLength(2)
      expect(one.findings.find((each: any) => each.check === 'route')).toMatchObject({
        severity: 'problem',
        code: 'SELF',
        text: expect.stringContaining('lowest numbered MX record points to local host'),
      })
      expect(one.findings.find((each: any) => each.check === 'router').text).toContain('lookuphost has self = freeze')
      expect(one.findings.find((each: any) => each.check === 'interfaces').text).toContain(HERE)
      const asked = `--exim ${exim.program} --exim-config ${exim.config}`
      expect(one.fixes).toEqual([
        `mailops exim set-domain looped.example local --resolver ${address}:53 ${asked}`,
        `mailops exim thaw --caused-by looped.example ${asked}`,
      ])

      expect(
        (await mailops('exim', 'thaw', '--caused-by', 'looped.example', ...tools, '--yes', '--json')).json().error,
      ).toMatchObject({code: 'STILL_FAULTY', exit: 78})
      const set = await mailops('exim', 'set-domain', 'looped.example', 'local', ...tools, ...looks, '--yes', '--json')
      expect(set.status, set.stderr).toBe(0)
      expect((await ask(exim, ['-bt', 'bob@looped.example'])).stdout).toContain('discarded')
      // Without being told: it is asked for its configuration.
      const again = await mailops('exim', 'check-domain', 'looped.example', ...tools, '--resolver', `${address}:53`)
      expect(again.status, again.stdout).toBe(0)

      const dry = await mailops('exim', 'thaw', '--caused-by', 'looped.example', ...tools, '--dry-run')
      expect(dry.stdout).toContain(`  ${frozen} `)
      expect(dry.stdout).toMatch(/thaw 1 message and have them delivered/)
      expect(dry.stdout).not.toContain(byHand)
      const thawed = await mailops('exim', 'thaw', '--caused-by', 'looped.example', ...tools, '--yes', '--json')
      expect(thawed.status, thawed.stderr).toBe(0)
      expect(thawed.json()).toMatchObject({messages: [frozen], otherCauses: 1, thawed: 1})
      expect(exim.log('main')).toContain(`${frozen} Completed`)
      expect((await ask(exim, ['-bp'])).stdout).toMatch(new RegExp(`${byHand} .*frozen`))

      const forced = await mailops(
        'exim',
        'thaw',
        '--caused-by',
        'looped.example',
        ...tools,
        '--any-cause',
        '--no-deliver',
        '--yes',
        '--json',
      )
      expect(forced.json()).toMatchObject({messages: [byHand], thawed: 1})
      expect((await ask(exim, ['-bp'])).stdout).not.toContain('frozen')
      expect((await mailops('undo', forced.json().journalId, '--yes')).status).toBe(0)
      expect((await ask(exim, ['-bp'])).stdout).toContain('frozen')
      expect((await mailops('undo', set.json().journalId, '--yes')).status).toBe(0)
      expect((await ask(exim, ['-bt', 'bob@looped.example'])).stdout).toContain('lowest numbered MX')
    } finally {
      await dns.stop()
    }
  },
)
