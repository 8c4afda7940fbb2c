/**
 * Two threads on one core: the other one always works, this one counts how often it is not it that runs, while
 * it gives way 200 times, and while it does not. Prints both counts as JSON.
 */
import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { giveWay } from './give-way.ts'

const SPIN = 'for (;;);'

function switches(): number {
  const status = readFileSync('/proc/thread-self/status', 'utf8')
  return Number(/^nonvoluntary_ctxt_switches:\s*(\d+)$/m.exec(status)?.[1])
}

function during(work: () => void): number {
  const before = switches()
  work()
  return switches() - before
}

function compute(rounds: number): number {
  let sum = 0
  for (let i = 0; i < rounds; i++) sum = (sum + i) % 1_000_003
  return sum
}

const other = new Worker(SPIN, { eval: true })
await new Promise((resolve) => {
  other.once('online', resolve)
})
giveWay()
const giving = during(() => {
  for (let i = 0; i < 200; i++) {
    compute(1_000)
    giveWay()
  }
})
const keeping = during(() => void compute(200_000))
process.stdout.write(JSON.stringify({ giving, keeping }))
process.exit()
