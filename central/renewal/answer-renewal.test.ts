import { Writable } from 'node:stream'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createRenewal } from '../../shared/renewal/datagram.ts'
import { by } from '../machines/keeper.fixture.ts'
import { machine, vm1, vm2 } from '../model/machines.fixture.ts'
import { createAnswerRenewal } from './answer-renewal.ts'
import { MACHINE_ADDRESS, TestKey, TestRenewals } from './renewal.fixture.ts'

const none = {
  renewed: 0,
  register: 0,
  malformed: 0,
  unknown: 0,
  old: 0,
  forged: 0,
  failed: 0,
}

describe('a renewal', () => {
  it('puts off the end of the lease, and is answered with its sequence', async () => {
    const mesh = await new TestRenewals().begin()
    const { clock, keeper } = mesh.machines
    const key = mesh.issue()
    for (const sequence of [0, 1, 2, 1_000, 2 ** 40]) {
      clock.advance(20_000)
      const answer = key.read(mesh.answer(key.renewal(sequence)))
      expect(answer).toEqual({ handle: key.handle, sequence, result: 'renewed' })
      expect(keeper.leaseEndsEpoch(vm1)).toBe(clock.epochMs() + 30_000)
    }
    expect(mesh.answerer.counts).toEqual({ ...none, renewed: 5 })
    expect([keeper.stats.renewals, mesh.machines.registry.version]).toEqual([5, 3])
  })

  it('is of its machine only', async () => {
    const mesh = await new TestRenewals().begin()
    const { clock, keeper } = mesh.machines
    const before = keeper.leaseEndsEpoch(vm2)
    clock.advance(20_000)
    mesh.answer(mesh.issue().renewal(1))
    expect(keeper.leaseEndsEpoch(vm2)).toBe(before)
  })

  it.each([
    [undefined, 0],
    [40.5, 1],
  ])('with the load %s is %i reports', async (load, reports) => {
    const mesh = await new TestRenewals().begin()
    const key = mesh.issue()
    mesh.answer(key.renewal(1, load))
    expect(mesh.loads.stats.reports).toBe(reports)
    mesh.loads.tick()
    await mesh.machines.registry.settle()
    const told = mesh.machines.registry.state.loads.get(vm1.app)?.get(vm1.cluster)
    expect(told?.load).toBe(load === undefined ? undefined : 40)
  })
})

describe('a sequence', () => {
  it.each([
    ['the same', 5, 'old'],
    ['an older one', 4, 'old'],
    ['0', 0, 'old'],
    ['a newer one', 6, 'renewed'],
  ] as const)('%s, after 5', async (_what, sequence, outcome) => {
    const mesh = await new TestRenewals().begin()
    const key = mesh.issue()
    mesh.answer(key.renewal(5))
    const answer = mesh.answer(key.renewal(sequence))
    expect(answer === undefined).toBe(outcome === 'old')
    expect(mesh.answerer.counts[outcome]).toBe(outcome === 'old' ? 1 : 2)
  })

  it('of what is forged does not count', async () => {
    const mesh = await new TestRenewals().begin()
    const key = mesh.issue()
    const other = new TestKey({ handle: '0'.repeat(16), secret: 'A'.repeat(43) })
    const forged = createRenewal(
      { handle: key.handle, sequence: 2 ** 48 - 1, load: undefined },
      other.secret,
    )
    expect(mesh.answer(forged)).toBe(undefined)
    expect(key.read(mesh.answer(key.renewal(0)))?.result).toBe('renewed')
    expect(mesh.answerer.counts).toEqual({ ...none, forged: 1, renewed: 1 })
  })

  it('is of its key: that of another begins anew', async () => {
    const mesh = await new TestRenewals().begin()
    const [one, other] = [mesh.issue(), mesh.issue()]
    mesh.answer(one.renewal(100))
    expect(other.read(mesh.answer(other.renewal(1)))?.result).toBe('renewed')
  })
})

describe('no answer, and no renewal, comes of', () => {
  it.each([
    ['octets that are none', 'malformed', () => Buffer.from('hello')],
    ['nothing', 'malformed', () => Buffer.alloc(0)],
    ['one that is cut', 'malformed', (key) => key.renewal(1).subarray(0, 35)],
    ['one with an octet more', 'malformed', (key) => Buffer.concat([key.renewal(1), Buffer.of(0)])],
    ['a handle of nobody', 'unknown', (key) => changed(key.renewal(1), 4)],
    ['another sequence than was signed', 'forged', (key) => changed(key.renewal(1), 17)],
    ['another load than was signed', 'forged', (key) => changed(key.renewal(1, 50), 19)],
    ['another MAC', 'forged', (key) => changed(key.renewal(1), 35)],
  ] as const satisfies readonly (readonly [string, string, (key: TestKey) => Buffer])[])(
    '%s: %s',
    async (_what, why, wire) => {
      const mesh = await new TestRenewals().begin()
      const key = mesh.issue()
      expect(mesh.answer(wire(key))).toBe(undefined)
      expect(mesh.answerer.counts).toEqual({ ...none, [why]: 1 })
      expect(mesh.machines.keeper.stats.renewals).toBe(0)
      // And the key is as good as before.
      expect(key.read(mesh.answer(key.renewal(1)))?.result).toBe('renewed')
    },
  )

  function changed(wire: Buffer, at: number): Buffer {
    wire[at] = (wire[at] ?? 0) ^ 1
    return wire
  }
})

describe('a machine has to register anew, once, and its key is forgotten', () => {
  it.each([
    ['when it has gone', (mesh) => mesh.machines.keeper.unregister(vm1, 'left', by)],
    ['when it is out', (mesh) => mesh.machines.keeper.unregister(vm1, 'unhealthy', by)],
    [
      'when another has taken its place',
      (mesh) => mesh.machines.register(machine(vm1, '192.0.2.18')),
    ],
    ['when its lease has ended', (mesh) => mesh.machines.pass(31_000)],
  ] as const satisfies readonly (readonly [string, (mesh: TestRenewals) => Promise<unknown>])[])(
    '%s',
    async (_what, change) => {
      const mesh = await new TestRenewals().begin()
      const key = mesh.issue()
      mesh.answer(key.renewal(1))
      await change(mesh)
      expect(key.read(mesh.answer(key.renewal(2)))).toEqual({
        handle: key.handle,
        sequence: 2,
        result: 'register',
      })
      expect([mesh.answer(key.renewal(3)), mesh.keys.size]).toEqual([undefined, 0])
      expect(mesh.answerer.counts).toEqual({ ...none, renewed: 1, register: 1, unknown: 1 })
    },
  )

  it('its load is not heard then', async () => {
    const mesh = await new TestRenewals().begin()
    const key = mesh.issue({ version: 1 })
    expect(key.read(mesh.answer(key.renewal(1, 50)))?.result).toBe('register')
    expect(mesh.loads.stats.reports).toBe(0)
  })
})

describe('the address of the sender', () => {
  it.each([
    ['is that of the machine', { version: 2, address: MACHINE_ADDRESS }, '192.0.2.1', 'renewed'],
    ['is mapped', { version: 2, address: MACHINE_ADDRESS }, '::ffff:192.0.2.1', 'renewed'],
    ['is another', { version: 2, address: MACHINE_ADDRESS }, '192.0.2.3', 'register'],
    ['is another, of a key for any', { version: 2 }, '192.0.2.3', 'renewed'],
  ] as const)('%s', async (_what, as, from, result) => {
    const mesh = await new TestRenewals().begin()
    const key = mesh.issue(as)
    expect(key.read(mesh.answer(key.renewal(1), from))?.result).toBe(result)
  })

  it('is not asked for where it does not matter, nor of what is dropped', async () => {
    const mesh = await new TestRenewals().begin()
    const { answer } = mesh.answerer
    const refuse = (): string => {
      throw new Error('asked')
    }
    const key = mesh.issue()
    expect(key.read(answer(key.renewal(1), refuse))?.result).toBe('renewed')
    const addressed = mesh.issue({ version: 2, address: MACHINE_ADDRESS })
    expect(answer(Buffer.from(addressed.renewal(1)).fill(0, 20), refuse)).toBe(undefined)
    expect(mesh.answerer.counts).toEqual({ ...none, renewed: 1, forged: 1 })
  })
})

it('a fault of central is logged once, and answered by nothing', async () => {
  const mesh = await new TestRenewals().begin()
  const lines: unknown[] = []
  const stream = new Writable({
    write: (line: Buffer, _encoding, done) => {
      lines.push(JSON.parse(line.toString()))
      done()
    },
  })
  const { answer, counts } = createAnswerRenewal({
    keys: mesh.keys,
    machines: mesh.machines.keeper,
    loads: mesh.loads,
    logger: pino(stream),
  })
  const key = mesh.issue({ version: 2, address: MACHINE_ADDRESS })
  const fail = (): string => {
    throw new Error('no address')
  }
  expect([1, 2].map((sequence) => answer(key.renewal(sequence), fail))).toEqual([
    undefined,
    undefined,
  ])
  expect(lines).toMatchObject([
    { msg: 'renewal by datagram failed', err: { message: 'no address' } },
  ])
  expect(counts).toEqual({ ...none, failed: 2 })
})
