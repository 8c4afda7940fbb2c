import { createSecretKey } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createAnswer, createRenewal } from '../../shared/renewal/datagram.ts'
import type { DatagramCentral } from './datagram.fixture.ts'
import { answerTo, renews, secret, startDatagramCentral } from './datagram.fixture.ts'
import type { RenewalKey } from './datagram-renewer.ts'
import { DatagramRenewer } from './datagram-renewer.ts'

/** Over before one that is answered, or refused, would be late. */
const DEADLINE_MS = 60
/** Never over in a test: what is waited for comes before. */
const LATER_MS = 60_000

const otherSecret = createSecretKey(Buffer.alloc(32, 0x5a))

function renewerOf({ key }: Pick<DatagramCentral, 'key'>, more: Partial<RenewalKey> = {}) {
  const renewer = new DatagramRenewer({ ...key, ...more })
  onTestFinished(() => renewer.close())
  return renewer
}

it('a renewal is one datagram, with a load where there is one, from the same port each time', async () => {
  const central = await startDatagramCentral(renews)
  const renewer = renewerOf(central)
  const outcomes = [
    await renewer.renew(undefined, LATER_MS),
    await renewer.renew(40.5, LATER_MS),
    await renewer.renew(0, LATER_MS),
  ]
  expect(outcomes).toEqual(['renewed', 'renewed', 'renewed'])
  expect(central.seen).toMatchObject([
    { sequence: 1, load: undefined },
    { sequence: 2, load: 40.5 },
    { sequence: 3, load: 0 },
  ])
  expect(central.ports.size).toBe(1)
})

it.each([
  { lost: 1, deadlineMs: 900, outcome: 'renewed', sequences: [1, 2] },
  { lost: 2, deadlineMs: 900, outcome: 'renewed', sequences: [1, 2, 3] },
  { lost: 3, deadlineMs: 300, outcome: 'silent', sequences: [1, 2, 3] },
])('of which $lost are lost: $outcome', async ({ lost, deadlineMs, outcome, sequences }) => {
  const central = await startDatagramCentral((renewal, count) =>
    count > lost ? renews(renewal, count) : [],
  )
  expect(await renewerOf(central).renew(undefined, deadlineMs)).toBe(outcome)
  expect(central.seen.map(({ sequence }) => sequence)).toEqual(sequences)
})

it('that the machine has to register anew is told', async () => {
  const central = await startDatagramCentral((renewal) => [
    answerTo(renewal, { result: 'register' }),
  ])
  expect(await renewerOf(central).renew(undefined, LATER_MS)).toBe('register')
})

it('the answer to a datagram that another has followed counts', async () => {
  const central = await startDatagramCentral((renewal, count) =>
    count === 2 ? [answerTo({ ...renewal, sequence: 1 })] : [],
  )
  expect(await renewerOf(central).renew(undefined, 900)).toBe('renewed')
})

describe('what is no genuine answer to this renewal is as good as nothing:', () => {
  const result = 'register'

  it.each<{ what: string; answer: (renewal: Parameters<typeof answerTo>[0]) => Buffer }>([
    {
      what: 'one with the MAC of another secret',
      answer: ({ handle, sequence }) => createAnswer({ handle, sequence, result }, otherSecret),
    },
    { what: 'one of another key', answer: (to) => answerTo(to, { result, handle: '12345678' }) },
    {
      what: 'one to an earlier renewal',
      answer: (to) => answerTo({ ...to, sequence: 1 }, { result }),
    },
    {
      what: 'one to a datagram that was not sent',
      answer: (to) => answerTo({ ...to, sequence: to.sequence + 9 }, { result }),
    },
    { what: 'the renewal itself', answer: (to) => createRenewal(to, secret) },
    { what: 'one that is cut', answer: (to) => answerTo(to, { result }).subarray(0, 35) },
    {
      what: 'one that is longer',
      answer: (to) => Buffer.concat([answerTo(to, { result }), Buffer.alloc(1)]),
    },
    { what: 'an empty one', answer: () => Buffer.alloc(0) },
  ])('$what', async ({ answer }) => {
    let isGood = true
    let isBad = false
    const central = await startDatagramCentral((renewal) => [
      ...(isBad ? [answer(renewal)] : []),
      ...(isGood ? [answerTo(renewal)] : []),
    ])
    const renewer = renewerOf(central)
    expect(await renewer.renew(undefined, LATER_MS)).toBe('renewed')
    isGood = false
    isBad = true
    expect(await renewer.renew(undefined, DEADLINE_MS)).toBe('silent')
    isGood = true
    expect(await renewer.renew(undefined, LATER_MS)).toBe('renewed')
  })

  it('any octets', async () => {
    const garbage = fc.sample(fc.uint8Array({ maxLength: 64 }), { numRuns: 100, seed: 7 })
    const central = await startDatagramCentral((renewal) => [
      ...garbage.map((octets) => Buffer.from(octets)),
      answerTo(renewal),
    ])
    expect(await renewerOf(central).renew(undefined, LATER_MS)).toBe('renewed')
  })
})

describe('central cannot be reached', () => {
  it('where nothing listens: it is silent at once, and stays so', async () => {
    const central = await startDatagramCentral(renews)
    await central.close()
    const renewer = renewerOf(central)
    expect(await renewer.renew(undefined, LATER_MS)).toBe('silent')
    expect(await renewer.renew(undefined, LATER_MS)).toBe('silent')
  })

  it('any more: it is silent at once', async () => {
    const central = await startDatagramCentral(renews)
    const renewer = renewerOf(central)
    expect(await renewer.renew(undefined, LATER_MS)).toBe('renewed')
    await central.close()
    expect(await renewer.renew(undefined, LATER_MS)).toBe('silent')
  })

  it('where its name is not known: it is silent in time', async () => {
    const central = await startDatagramCentral(renews)
    const renewer = renewerOf(central, { host: 'central.test' })
    expect(await renewer.renew(undefined, DEADLINE_MS)).toBe('silent')
    expect(central.seen).toEqual([])
  })
})

it('a name is looked up', async () => {
  // On machines where it is ::1 too nothing listens there.
  const central = await startDatagramCentral(renews)
  expect(await renewerOf(central, { host: 'localhost' }).renew(undefined, LATER_MS)).toBe('renewed')
})

describe('of several addresses of a host', () => {
  const addresses = ['127.0.0.2', '127.0.0.1']
  const find = () => Promise.resolve(addresses.map((address) => ({ address, family: 4 })))

  it('one that refuses is left for the next at once', async () => {
    const central = await startDatagramCentral(renews)
    const renewer = new DatagramRenewer(central.key, find)
    onTestFinished(() => renewer.close())
    expect(await renewer.renew(undefined, LATER_MS)).toBe('renewed')
    expect(central.seen).toMatchObject([{ sequence: 2 }])
  })

  it('none is found in time: it is silent, and the next renewal has them', async () => {
    const central = await startDatagramCentral(renews)
    const found = Promise.withResolvers<readonly { address: string; family: number }[]>()
    let lookups = 0
    const renewer = new DatagramRenewer(central.key, () => {
      lookups++
      return found.promise
    })
    onTestFinished(() => renewer.close())
    expect(await renewer.renew(undefined, DEADLINE_MS)).toBe('silent')
    found.resolve([{ address: '127.0.0.1', family: 4 }])
    expect(await renewer.renew(undefined, LATER_MS)).toBe('renewed')
    expect([lookups, central.ports.size]).toEqual([1, 1])
  })

  it('one that is silent is left for the next, which is kept', async () => {
    const central = await startDatagramCentral(renews)
    const other = await startDatagramCentral(() => [], {
      address: '127.0.0.2',
      port: central.key.port,
    })
    const renewer = new DatagramRenewer(central.key, find)
    onTestFinished(() => renewer.close())
    expect(await renewer.renew(undefined, 900)).toBe('renewed')
    expect(await renewer.renew(undefined, LATER_MS)).toBe('renewed')
    expect([other.seen.length, central.seen.length]).toEqual([1, 2])
    expect(central.ports.size).toBe(1)
  })
})

describe('one that is closed', () => {
  it('ends the renewal that is under way, and sends nothing more', async () => {
    const central = await startDatagramCentral(() => [])
    const renewer = renewerOf(central)
    const renewal = renewer.renew(undefined, LATER_MS)
    await expect.poll(() => central.seen.length).toBe(1)
    renewer.close()
    expect(await renewal).toBe('silent')
    expect(await renewer.renew(undefined, LATER_MS)).toBe('silent')
    expect(central.seen.length).toBe(1)
  })

  it('before it has a socket gets none', async () => {
    const central = await startDatagramCentral(renews)
    const renewer = renewerOf(central)
    const renewal = renewer.renew(undefined, LATER_MS)
    renewer.close()
    expect(await renewal).toBe('silent')
    // Its lookup has ended by then.
    for (let i = 0; i < 20; i++) await setImmediate()
    expect(central.seen).toEqual([])
  })
})
