import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { packageRoot } from '../../shared/package-root.ts'
import { isSameOutput, stepsOf, withPids } from '../support/document.ts'
import type { Pids, Step } from '../support/document.ts'
import { TestFolder } from '../support/mesh.ts'
import { until } from '../support/program.ts'
import { createCheckout, RunningCommand, Terminal } from '../support/terminal.ts'

/**
 * Runs the commands of README and tutorial as a user types them, and compares what they print. Here and
 * nowhere else the fixed ports of `npm start` are used, so no two tests ever want them at once.
 */

/** Commands that only ask: they are asked again until they print what the document shows. */
const question =
  /^(for .* do )?dig |^(meridian|npm run -s meridian --) (explain|edges list|events|status|wait) /

/** Commands of the documents that a test cannot run in itself; `.ci/run` runs them. */
const notHere = ['npm ci && npm test']

let folder: TestFolder
let checkout: string
let terminal: Terminal
let mesh: RunningCommand | undefined
let pids: Pids

beforeEach(() => {
  folder = new TestFolder()
  checkout = createCheckout(folder.path)
  terminal = new Terminal(folder.path, checkout)
  pids = new Map()
})
afterEach(async () => {
  terminal.close()
  await mesh?.interrupt()
  mesh = undefined
  folder.remove()
})

it.each(['README.md', 'docs/tutorial.md'])(
  '%s: every command prints what stands below it, and Ctrl-C ends the mesh',
  async (document) => {
    const steps = stepsOf(readFileSync(join(packageRoot(), document), 'utf8'))
    for (const step of steps) {
      if (notHere.includes(step.commands.trim())) continue
      try {
        await take(step)
      } catch (err) {
        throw new Error(`${document}:${step.line}: ${step.commands}`, { cause: err })
      }
    }
    expect(steps.length).toBeGreaterThan(5)
    await mesh?.interrupt()
    expect(mesh?.stdout).toContain('stopping')
    expect([...pids.values()].filter((pid) => isAlive(Number(pid)))).toEqual([])
  },
  90_000,
)

async function take(step: Step): Promise<void> {
  const commands = withPids(step.commands, pids).replace(/^npm ci && /, '')
  if (commands === 'npm start\n') {
    await start(commands.trim(), step.output)
    return
  }
  if (
    commands
      .trim()
      .split('\n')
      .every((line) => question.test(`${line} `))
  ) {
    await askUntilShown(commands, step.output)
    return
  }
  const printed = await terminal.run(commands)
  compare(step.output ?? '', printed)
  await untilKilled(commands)
}

async function start(command: string, output = ''): Promise<void> {
  const running = new RunningCommand(command, checkout)
  mesh = running
  const end = output.trim().split('\n').at(-1) ?? ''
  await until(`"${end}"`, () => (running.stdout.trimEnd().endsWith(end) ? true : undefined), 30_000)
  compare(output, running.stdout)
}

async function askUntilShown(commands: string, output = ''): Promise<void> {
  let printed = ''
  const isShown = async (): Promise<true | undefined> => {
    printed = await terminal.run(commands)
    return isSameOutput(output, printed, pids) ? true : undefined
  }
  await until('the answer', isShown, 10_000).catch(() => undefined)
  compare(output, printed)
}

/** A process that was told to end has time for it, as it has with a user. */
async function untilKilled(commands: string): Promise<void> {
  for (const [, pid] of commands.matchAll(/^kill (?:-9 )?(\d+)$/gm)) {
    await until(`process ${pid} to end`, () => (isAlive(Number(pid)) ? undefined : true))
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function compare(wanted: string, printed: string): void {
  // By itself the comparison only says no; the difference of the two texts is for people.
  if (!isSameOutput(wanted, printed, pids)) expect(printed.trim()).toBe(wanted.trim())
}
