import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { processEnvironment } from '../../shared/config/environment.ts'
import { allowedCpus, parseAllowedCpus } from './cpus.ts'
import { pinThreads } from './pin.ts'
import { Program } from './program.ts'

const SCRIPT = `
  const { Worker } = require('node:worker_threads')
  const worker = new Worker('setInterval(() => undefined, 1000)', { eval: true, name: 'other' })
  worker.once('online', () => console.error('up'))
`
const program = new Program([process.execPath, '-e', SCRIPT], { env: processEnvironment() })
afterAll(() => program.end())

it('lets each thread run where its name says', async () => {
  while (!program.lines.includes('up')) await program.nextLine(AbortSignal.timeout(10_000))
  const [first = 0, second = first] = allowedCpus()
  pinThreads(program.pid, (name) => (name === 'other' ? first : second))
  const cpus = new Map(
    readdirSync(`/proc/${program.pid}/task`).map((thread) => {
      const of = (file: string): string =>
        readFileSync(`/proc/${program.pid}/task/${thread}/${file}`, 'utf8').trim()
      return [of('comm'), parseAllowedCpus(of('status'))]
    }),
  )
  expect(cpus.get('other')).toEqual([first])
  expect(cpus.get('V8Worker')).toEqual([second])
})
