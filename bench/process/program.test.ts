import { expect, it } from 'vitest'
import { processEnvironment } from '../../shared/config/environment.ts'
import { Program } from './program.ts'

const env = processEnvironment()

async function firstLine(program: Program): Promise<string | undefined> {
  const deadline = AbortSignal.timeout(10_000)
  while (program.lines.length === 0 && !program.hasEnded && !deadline.aborted) {
    await program.nextLine(deadline)
  }
  return program.lines[0]
}

it('the usage of a program is that of its children too, until it has ended', async () => {
  const child = 'setInterval(() => undefined, 1000); console.log("up")'
  const parent = `
    const { spawn } = require('node:child_process')
    const child = spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' })
    process.on('SIGTERM', () => child.kill())
    child.on('exit', () => process.exit())`
  const program = new Program([process.execPath, '-e', parent], { env })
  expect(await firstLine(program)).toBe('up')
  const { rssBytes } = program.usage()
  // A Node process alone takes 40 MB and more; two take the double.
  expect(rssBytes).toBeGreaterThan(60e6)
  await program.end()
  expect(program.hasEnded).toBe(true)
  expect(() => program.usage()).toThrow('does not run')
})

it('a command that does not exist is an end with a line that says so', async () => {
  const program = new Program(['no-such-server'], { env })
  expect(await firstLine(program)).toContain('no-such-server')
  expect(program.hasEnded).toBe(true)
})
