import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Termination } from '../model/events.ts'
import { Terminator } from './terminator.ts'
import type { TerminationTask } from './terminator.ts'
import { startWebhook } from './webhook.fixture.ts'

function task(terminateUrl: string, machine = 'vm-1'): TerminationTask {
  const key = { app: 'video.example.', cluster: 'sfo', machine }
  return {
    machine: { ...key, addresses: ['192.0.2.1'], leaseSeconds: 30, terminateUrl },
    why: 'lease-expired',
    version: 7,
  }
}

/** Ends machines and says how each went, in the order of the ends. */
function terminate(
  tasks: readonly TerminationTask[],
  options: Partial<ConstructorParameters<typeof Terminator>[0]> = {},
): Promise<readonly Termination[]> {
  const ended: Termination[] = []
  return new Promise((resolve) => {
    const terminator = new Terminator({
      allow: ['http://127.0.0.1'],
      random: () => 0.5,
      isWanted: () => true,
      timeoutMs: 200,
      backoffMs: 10,
      onEnd: (_task, termination) => {
        ended.push(termination)
        if (ended.length === tasks.length) resolve(ended)
      },
      ...options,
    })
    onTestFinished(() => terminator.stop())
    for (const each of tasks) terminator.add(each)
  })
}

/** A port that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

const everywhere = (url: string): { readonly allow: readonly string[] } => ({ allow: [url] })

describe('a machine is ended', () => {
  it('by one POST that says which and why', async () => {
    const hook = await startWebhook(204)
    expect(await terminate([task(`${hook.url}end?x=1`)], everywhere(hook.url))).toEqual([
      { ok: true, detail: '204', attempts: 1 },
    ])
    const body = { app: 'video.example.', cluster: 'sfo', machine: 'vm-1', why: 'lease-expired' }
    expect(hook.asked).toEqual([{ path: 'POST /end?x=1', body }])
  })

  it('by the third attempt when two have failed', async () => {
    const hook = await startWebhook(500, 500, 200)
    expect(await terminate([task(hook.url)], everywhere(hook.url))).toEqual([
      { ok: true, detail: '200', attempts: 3 },
    ])
  })
})

describe('a machine is not ended, and that is told, when its URL', () => {
  it('hangs', async () => {
    const hook = await startWebhook('hang')
    expect(await terminate([task(hook.url)], everywhere(hook.url))).toEqual([
      { ok: false, detail: 'no answer within 200 ms', attempts: 3 },
    ])
  })

  it('refuses the connection', async () => {
    const url = `http://127.0.0.1:${await closedPort()}/`
    const [ended] = await terminate([task(url)], everywhere(url))
    expect(ended).toMatchObject({ ok: false, attempts: 3 })
    expect(ended?.detail).toContain('ECONNREFUSED')
  })

  it('redirects, even to where it is allowed', async () => {
    const hook = await startWebhook({ to: '/other' })
    const [ended] = await terminate([task(hook.url)], everywhere(hook.url))
    expect(ended).toEqual({ ok: false, detail: '307, redirects are not followed', attempts: 3 })
    expect(new Set(hook.asked.map(({ path }) => path))).toEqual(new Set(['POST /']))
  })

  it('is not allowed any more', async () => {
    const hook = await startWebhook(200)
    const [ended] = await terminate([task(hook.url)], everywhere('http://end.example/'))
    expect(ended).toMatchObject({ ok: false, attempts: 0 })
    expect(hook.asked).toEqual([])
  })
})

it('sixteen are ended at once, the others wait', async () => {
  const hook = await startWebhook(200)
  const tasks = Array.from({ length: 50 }, (_, i) => task(hook.url, `vm-${i}`))
  const ended = await terminate(tasks, everywhere(hook.url))
  expect(ended.filter(({ ok }) => ok)).toHaveLength(50)
  expect(hook.atOnce()).toBeLessThanOrEqual(16)
  expect(hook.atOnce()).toBeGreaterThan(4)
})

it('one that has come back is left alone', async () => {
  const hook = await startWebhook(200)
  const gone = task(hook.url, 'vm-1')
  const back = task(hook.url, 'vm-2')
  // The one that came back is asked for first, so it would have been called first.
  const ended: string[] = []
  await new Promise<void>((resolve) => {
    const terminator = new Terminator({
      allow: [hook.url],
      random: () => 0.5,
      isWanted: ({ machine }) => machine.machine !== 'vm-2',
      onEnd: ({ machine }) => {
        ended.push(machine.machine)
        resolve()
      },
    })
    onTestFinished(() => terminator.stop())
    terminator.add(back)
    terminator.add(gone)
  })
  expect(ended).toEqual(['vm-1'])
  expect(hook.asked).toHaveLength(1)
})

it('a stop ends what is under way at once and tells nothing of it', async () => {
  const hook = await startWebhook('hang')
  const ended: Termination[] = []
  const terminator = new Terminator({
    allow: [hook.url],
    random: () => 0.5,
    isWanted: () => true,
    onEnd: (_task, termination) => ended.push(termination),
  })
  for (let i = 0; i < 20; i++) terminator.add(task(hook.url, `vm-${i}`))
  expect(terminator.size).toBe(20)
  await terminator.stop()
  expect([terminator.size, ended]).toEqual([0, []])
})
