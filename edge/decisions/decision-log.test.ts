import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { checkValue } from '../../shared/config/check.ts'
import { CLASS_IN, TYPE_A } from '../../shared/dns/codes.ts'
import { blankMessage, encodeMessage } from '../../shared/dns/message.ts'
import { createLogger } from '../../shared/log.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import { Replica } from '../replica/replica.ts'
import { DecisionLog } from './decision-log.ts'
import { decisionsOptionsSchema } from './options.ts'

const own = clusterSchema.parse({ id: 'sfo', latitude: 0, longitude: 0 })
const answer = (label: string): Buffer =>
  encodeMessage({
    ...blankMessage,
    qr: true,
    questions: [{ name: `${label}.example.`, type: TYPE_A, class: CLASS_IN }],
  })
const DEADLINE = { timeout: 5_000 }

function create({ folder = '', perSecond = 10, maxBytes = 1_000_000 } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'meridian-decisions-'))
  const clock = new ManualClock()
  const file = join(dir, folder, 'decisions.log')
  const replica = new Replica({
    kind: 'on-demand',
    own,
    clusters: [own],
    namesMax: 10,
    clock,
    onEvict: () => undefined,
  })
  const logger = createLogger('silent', {})
  const log = new DecisionLog({
    file,
    perSecond,
    maxBytes,
    edge: 'sfo-1',
    replica,
    clock,
    logger,
    flushMs: 20,
  })
  onTestFinished(async () => {
    await log.stop()
    rmSync(dir, { recursive: true })
  })
  return { log, clock, dir, file }
}

const namesIn = (file: string): readonly string[] =>
  [...readFileSync(file, 'utf8').matchAll(/"qname":"(\w+)\.example\."/g)].map(
    ([, name]) => name ?? '',
  )

it('appends lines, also to a file that is there, and all that waits at the end', async () => {
  const { log, file } = create()
  await log.start()
  log.take(answer('one'), '192.0.2.1')
  await vi.waitFor(() => expect(namesIn(file)).toEqual(['one']), DEADLINE)
  log.take(answer('two'), '192.0.2.1')
  log.take(Buffer.alloc(2), '192.0.2.1')
  await log.stop()
  expect(namesIn(file)).toEqual(['one', 'two'])
  expect([log.logged, log.dropped]).toEqual([2, 0])
  log.take(answer('late'), '192.0.2.1')
  expect([log.logged, log.dropped]).toEqual([2, 1])
})

it('is turned before it is too large; one old file is kept', async () => {
  const { log, file } = create({ maxBytes: 400 })
  await log.start()
  for (const label of ['one', 'two', 'three', 'four', 'five']) {
    const { logged } = log
    log.take(answer(label), '192.0.2.1')
    await vi.waitFor(() => expect(log.logged).toBe(logged + 1), DEADLINE)
  }
  await log.stop()
  const kept = [...namesIn(`${file}.1`), ...namesIn(file)]
  expect(kept.at(-1)).toBe('five')
  expect(kept.length).toBeLessThan(5)
  expect(readFileSync(file).length).toBeLessThanOrEqual(400)
  expect(existsSync(`${file}.2`)).toBe(false)
}, 15_000)

it('does not start where it cannot be written, and says which option', async () => {
  const { log } = create({ folder: 'missing' })
  await expect(log.start()).rejects.toThrow(/^decisions\.log: .*missing.* cannot be written/)
})

it('drops what a disk does not take, and goes on when it does again', async () => {
  const { log, dir, file } = create({ folder: 'gone', maxBytes: 300 })
  mkdirSync(join(dir, 'gone'))
  await log.start()
  log.take(answer('one'), '192.0.2.1')
  await vi.waitFor(() => expect(log.logged).toBe(1), DEADLINE)
  rmSync(join(dir, 'gone'), { recursive: true })
  // It is to be turned, which the missing folder does not let it.
  log.take(answer('two'), '192.0.2.1')
  log.take(answer('three'), '192.0.2.1')
  await vi.waitFor(() => expect(log.dropped).toBe(2), DEADLINE)
  mkdirSync(join(dir, 'gone'))
  log.take(answer('four'), '192.0.2.1')
  await vi.waitFor(() => expect(log.logged).toBe(2), DEADLINE)
  expect(namesIn(file)).toEqual(['four'])
})

it('has a bound on what waits', async () => {
  const { log } = create()
  await log.start()
  const wire = answer('one')
  for (let i = 0; i < 40_000; i++) log.take(wire, '192.0.2.1')
  await log.stop()
  expect(log.dropped).toBeGreaterThan(0)
  expect(log.logged + log.dropped).toBe(40_000)
})

it('samples what a handler answers, at most so often', async () => {
  const { log, clock } = create({ perSecond: 10 })
  await log.start()
  const replies: (Buffer | undefined)[] = []
  const handle = log.watch((wire, _client, reply) => reply(wire.length === 0 ? undefined : wire))
  const client = { transport: 'udp', family: 4, address: '192.0.2.1', port: 53 } as const
  for (let ms = 0; ms < 1_000; ms += 25) {
    handle(answer('one'), client, (wire) => replies.push(wire))
    clock.advance(25)
  }
  handle(Buffer.alloc(0), client, (wire) => replies.push(wire))
  await log.stop()
  expect(replies.length).toBe(41)
  expect(replies.at(-1)).toBeUndefined()
  expect(log.logged).toBe(10)
})

it.each([
  [{}, true],
  [{ perSecond: 5, log: 'decisions.log' }, true],
  [{ log: 'decisions.log' }, true],
  [{ perSecond: 5 }, false],
  [{ perSecond: 1_001, log: 'decisions.log' }, false],
  [{ log: 'decisions.log', maxBytes: 10 }, false],
])('the options %j are good: %s', (options, isGood) => {
  expect(checkValue(decisionsOptionsSchema, options, '').ok).toBe(isGood)
})
