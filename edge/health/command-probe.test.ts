import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { ProbeResult, ProbeTarget } from './probe.ts'
import { probeOnce, targetOf } from './probe-fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'meridian-command-'))
afterAll(() => rmSync(folder, { recursive: true }))

const run = (
  script: string,
  given: { readonly target?: ProbeTarget; readonly timeoutMs?: number } = {},
): Promise<ProbeResult> => {
  const { target = targetOf(80), timeoutMs = 2_000 } = given
  return probeOnce({ type: 'command', command: 'test', timeoutMs }, target, {
    commands: { test: ['sh', '-c', script, 'sh', folder] },
  })
}

it.each([
  { does: 'ends with 0', script: 'echo fine >&2', result: { ok: true } },
  { does: 'ends with 1', script: 'exit 1', result: { ok: false, detail: 'test ended with 1' } },
  {
    does: 'ends with 1 and says why',
    script: 'echo out; echo "no disk" >&2; exit 1',
    result: { ok: false, detail: 'no disk' },
  },
  {
    does: 'ends with another code',
    script: 'echo "bad usage" >&2; exit 2',
    result: { ok: 'unknown', detail: 'test ended with 2: bad usage' },
  },
  {
    does: 'is ended by a signal',
    script: 'kill -TERM $$',
    result: { ok: 'unknown', detail: 'test was ended by SIGTERM' },
  },
])('a command that $does', async ({ script, result }) => {
  expect(await run(script)).toEqual(result)
})

it('is told its target in the environment, and nothing else that this process knows', async () => {
  const file = join(folder, 'environment')
  process.env['MERIDIAN_TEST_SECRET'] = 'secret'
  try {
    expect(await run('env | grep MERIDIAN > "$1/environment"')).toEqual({ ok: true })
  } finally {
    delete process.env['MERIDIAN_TEST_SECRET']
  }
  expect(readFileSync(file, 'utf8').trim().split('\n').sort()).toEqual([
    'MERIDIAN_ADDRESS=127.0.0.1',
    'MERIDIAN_APP=app.example.org.',
    'MERIDIAN_CLUSTER=fra',
    'MERIDIAN_PORT=80',
  ])
  expect(await run('test -z "$MERIDIAN_PORT"', { target: targetOf(undefined) })).toEqual({
    ok: true,
  })
})

it('keeps 200 characters of what a command says, however much it is', async () => {
  const result = await run(
    'i=0; while [ $i -lt 3000 ]; do echo "0123456789" >&2; i=$((i+1)); done; exit 1',
  )
  expect(result).toEqual({ ok: false, detail: '0123456789 '.repeat(19).slice(0, 200).trim() })
})

it('is killed with all that it has started when the time is up', async () => {
  const file = join(folder, 'pid')
  const script = 'sleep 60 & echo $! > "$1/pid"; wait'
  expect(await run(script, { timeoutMs: 300 })).toEqual({
    ok: false,
    detail: 'no end of test within 300 ms',
  })
  const pid = Number(readFileSync(file, 'utf8'))
  await expect.poll(() => isRunning(pid)).toBe(false)
})

it('ends with its program, not with what that leaves behind', async () => {
  const script = 'sleep 60 & echo $! > "$1/left"; exit 1'
  expect(await run(script, { timeoutMs: 300 })).toEqual({ ok: false, detail: 'test ended with 1' })
  process.kill(Number(readFileSync(join(folder, 'left'), 'utf8')), 'SIGKILL')
})

it.each(['other', '__proto__', 'constructor'])(
  'a command that the config does not have is never run: %s',
  async (command) => {
    const commands = { test: ['true'] }
    expect(await probeOnce({ type: 'command', command }, targetOf(80), { commands })).toEqual({
      ok: 'unknown',
      detail: `health.commands of this edge has no ${command}`,
    })
  },
)

it('a program that is not there gives no result', async () => {
  const commands = { test: [join(folder, 'none')] }
  const result = await probeOnce({ type: 'command', command: 'test' }, targetOf(80), { commands })
  expect(result.ok).toBe('unknown')
  expect(result).toHaveProperty('detail', expect.stringMatching(/^test cannot be run: .*ENOENT/))
})

/** A process that has ended and that nobody has waited for is none. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
