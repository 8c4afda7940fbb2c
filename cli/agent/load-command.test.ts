import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { createLoadCommand } from './load-command.ts'
import type { Measured } from './load-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'meridian-load-'))
afterAll(() => rmSync(folder, { recursive: true }))

const never = new AbortController().signal

const run = (script: string, timeoutMs = 5_000, signal = never): Promise<Measured> => {
  const variables = { MERIDIAN_APP: 'video.example.', MERIDIAN_MACHINE: 'vm-1' }
  return createLoadCommand(['sh', '-c', script, 'sh', folder], variables, timeoutMs)(signal)
}

it.each([
  ['echo 70', 70],
  ['echo " 12.5% "', 12.5],
  ['echo 0', 0],
  ['printf 1000', 1_000],
  ['echo 33.333333333; echo fine >&2', 33.333333333],
  ['echo 5 & wait', 5],
])('%s tells a load', async (script, load) => {
  expect(await run(script)).toEqual({ ok: true, load })
})

it.each([
  ['exit 0', 'it printed "", wanted is 0 to 1000 percent'],
  ['echo high', 'it printed "high\\n", wanted is'],
  ['echo -1', 'it printed "-1\\n"'],
  ['echo 1001', 'it printed "1001\\n"'],
  ['echo 1e2', 'it printed "1e2\\n"'],
  ['echo NaN', 'it printed "NaN\\n"'],
  ['echo 10; echo 20', 'it printed "10\\n20\\n"'],
  ['echo "no disk" >&2; echo 10; exit 3', 'it ended with 3: no disk'],
  ['kill -TERM $$', 'it was ended by SIGTERM'],
])('%s tells none', async (script, detail) => {
  const measured = await run(script)
  expect(measured.ok ? '' : measured.detail).toContain(detail)
})

it('a program that is not there tells none', async () => {
  const measured = await createLoadCommand([join(folder, 'none')], {})(never)
  expect(measured.ok ? '' : measured.detail).toMatch(/^it cannot be run: .*ENOENT/)
})

it('of what it prints the beginning is kept, and is no load, however much it is', async () => {
  const long = await run('printf 10; i=0; while [ $i -lt 9999 ]; do printf " "; i=$((i+1)); done')
  expect(long.ok).toBe(false)
  const endless = await run('yes 10', 200)
  expect(endless).toEqual({ ok: false, detail: 'it did not end within 200 ms' })
})

it('is killed with all that it has started when the time is up, or when the agent stops', async () => {
  const script = 'sleep 60 & echo $! > "$1/pid"; wait'
  expect(await run(script, 300)).toEqual({ ok: false, detail: 'it did not end within 300 ms' })
  const first = pidOf()
  await expect.poll(() => isRunning(first)).toBe(false)
  const stopping = new AbortController()
  const measured = run(script, 60_000, stopping.signal)
  await expect.poll(() => [0, first].includes(pidOf())).toBe(false)
  stopping.abort()
  expect((await measured).ok).toBe(false)
  await expect.poll(() => isRunning(pidOf())).toBe(false)
})

it('is told whose load is meant in its environment, and nothing else that this process knows', async () => {
  process.env['MERIDIAN_TEST_SECRET'] = 'secret'
  try {
    expect(await run('env | grep MERIDIAN > "$1/environment"; echo 1')).toMatchObject({ ok: true })
  } finally {
    delete process.env['MERIDIAN_TEST_SECRET']
  }
  const lines = readFileSync(join(folder, 'environment'), 'utf8').trim().split('\n').sort()
  expect(lines).toEqual(['MERIDIAN_APP=video.example.', 'MERIDIAN_MACHINE=vm-1'])
})

function pidOf(): number {
  return Number(readFileSync(join(folder, 'pid'), 'utf8'))
}

/** A process that has ended and that nobody has waited for is none. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
