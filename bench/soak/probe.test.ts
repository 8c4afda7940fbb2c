import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { PAUSE_MS, Probe, waitedWithout } from './probe.ts'
import type { Seen } from './probe.ts'

const LOOPBACK = '127.0.0.1'

it.each([
  ['nothing is taken off without a stall', [], 60],
  ['a stall before the question is none of it', [{ endedAt: 90, ms: 50 }], 60],
  [
    'the longest stall in that time is taken off',
    [
      { endedAt: 150, ms: 40 },
      { endedAt: 160, ms: 9 },
    ],
    20,
  ],
  ['nothing is less than 0', [{ endedAt: 150, ms: 80 }], 0],
])('%s', (_what, stalls, waited) => {
  expect(waitedWithout(stalls, 100, 160)).toBe(waited)
})

it('a server that pauses is seen to, and one that answers is not', async () => {
  const server = createSocket('udp4')
  const held: (() => void)[] = []
  let isPaused = false
  server.on('message', (query, { port, address }) => {
    const answer = (): void => server.send(query, port, address)
    if (isPaused) held.push(answer)
    else answer()
  })
  server.bind(0, LOOPBACK)
  await once(server, 'listening')
  const probe = await Probe.start({ address: LOOPBACK, port: server.address().port }, 'a.example')
  onTestFinished(() => {
    probe.stop()
    server.close()
  })
  const brisk = await seenWhen(probe, ({ answered }) => answered >= 20)
  expect(brisk.longestMs).toBeLessThanOrEqual(PAUSE_MS)
  expect(brisk.pauses).toBe(0)

  isPaused = true
  const deadline = AbortSignal.timeout(10_000)
  // Asked every 2 ms, so that the first of them has waited for far more than the limit.
  while (held.length < PAUSE_MS * 2) {
    deadline.throwIfAborted()
    await wait(5)
  }
  isPaused = false
  for (const answer of held) answer()
  const paused = await seenWhen(probe, ({ pauses }) => pauses > 0)
  expect(paused.longestMs).toBeGreaterThan(PAUSE_MS)
})

/** Looks again and again; what was seen before is not seen twice, so it is added up. */
async function seenWhen(probe: Probe, isEnough: (seen: Seen) => boolean): Promise<Seen> {
  const deadline = AbortSignal.timeout(10_000)
  let seen = probe.takeSeen()
  while (!isEnough(seen)) {
    deadline.throwIfAborted()
    await wait(5)
    const more = probe.takeSeen()
    seen = {
      answered: seen.answered + more.answered,
      lost: seen.lost + more.lost,
      longestMs: Math.max(seen.longestMs, more.longestMs),
      pauses: seen.pauses + more.pauses,
      ownLongestMs: Math.max(seen.ownLongestMs, more.ownLongestMs),
    }
  }
  return seen
}
