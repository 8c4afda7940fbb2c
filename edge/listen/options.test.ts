import { describe, expect, it, test } from 'vitest'
import { z } from 'zod'
import { listenOptionsSchema } from './options.ts'

test('everything has a default', () => {
  expect(listenOptionsSchema.parse({})).toEqual({
    addresses: [
      { address: '0.0.0.0', port: 53 },
      { address: '::', port: 53 },
    ],
    streamThreads: 1,
    udpInFlightMax: 10_000,
    tcpConnectionsMax: 1000,
    tcpConnectionsPerClientMax: 100,
    tcpIdleTimeoutMs: 10_000,
    tcpInFlightMax: 100,
    drainMs: 5000,
  })
})

describe('what is out of bounds is refused at its key', () => {
  it.each([
    ['addresses', []],
    ['addresses', ['[::1]:53', '[0:0:0:0:0:0:0:1]:53']],
    ['addresses', Array.from({ length: 65 }, (_, i) => `127.0.0.1:${i + 1}`)],
    ['streamThreads', -1],
    ['streamThreads', 17],
    ['udpInFlightMax', 0],
    ['udpInFlightMax', 1_000_001],
    ['tcpConnectionsMax', 0],
    ['tcpConnectionsMax', 100_001],
    ['tcpConnectionsPerClientMax', 0],
    ['tcpConnectionsPerClientMax', 100_001],
    ['tcpIdleTimeoutMs', 99],
    ['tcpIdleTimeoutMs', 600_001],
    ['tcpInFlightMax', 0],
    ['tcpInFlightMax', 10_001],
    ['drainMs', -1],
    ['drainMs', 60_001],
  ])('%s: %j', (key, value) => {
    const issues = listenOptionsSchema.safeParse({ [key]: value }).error?.issues ?? []
    expect(issues.map((issue) => issue.path)).toEqual([[key]])
  })
})

test('an unknown key is refused', () => {
  expect(listenOptionsSchema.safeParse({ port: 53 }).error?.issues[0]?.code).toBe(
    'unrecognized_keys',
  )
})

test('every key says what it is for', () => {
  const { properties = {} } = z.toJSONSchema(listenOptionsSchema, { io: 'input' })
  expect(Object.keys(properties)).toEqual(Object.keys(listenOptionsSchema.shape))
  for (const property of Object.values(properties)) {
    expect(typeof property === 'object' ? property.description : '').toMatch(/\w+ .*\.$/s)
  }
})
