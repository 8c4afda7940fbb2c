import { describe, expect, it } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { listenOptionsSchema } from '../listen/options.ts'
import { DataPlane } from './data-plane.ts'

function create(listen: object): DataPlane {
  return new DataPlane({
    listen: listenOptionsSchema.parse(listen),
    table: { maxBytes: 4 * 1024 * 1024 },
    nsid: Buffer.alloc(0),
    clients: () => undefined,
    clock: systemClock,
    logger: createLogger('silent', {}),
  })
}

function addresses(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `127.0.0.1:${i + 1}`)
}

describe('the threads of all addresses', () => {
  it('are as many as the table can have readers, and no more', () => {
    const most = create({ addresses: addresses(2), threads: 63, streamThreads: 1 })
    expect(most.mode).toEqual({ udp: 'data-threads', threads: 63, streamThreads: 1 })
    expect(() => create({ addresses: addresses(2), threads: 64, streamThreads: 1 })).toThrow(
      'listen: 64 data and 1 stream threads at each of 2 addresses are 130, at most 128 are wanted',
    )
  })

  it('are as many as there is room for, where nothing is said', () => {
    const { mode } = create({ addresses: addresses(64) })
    expect(mode).toEqual({ udp: 'data-threads', threads: 1, streamThreads: 1 })
  })

  it.each([
    { streamThreads: 1, served: 'function' },
    { streamThreads: 0, served: 'undefined' },
  ])('with streamThreads $streamThreads the way to serve TCP is $served', (wanted) => {
    const { createTcp } = create({ threads: 1, streamThreads: wanted.streamThreads })
    expect(typeof createTcp).toBe(wanted.served)
  })

  it('are none of TCP where there are none of UDP', () => {
    expect(create({ threads: 0, streamThreads: 4 }).createTcp).toBeUndefined()
  })
})
