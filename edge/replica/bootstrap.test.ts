import { expect, it, onTestFinished } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { checkValue } from '../../shared/config/check.ts'
import { createLogger } from '../../shared/log.ts'
import {
  addressRecords,
  nameServerOfTest,
  srvRecords,
  txtRecords,
} from '../../shared/rpc/name-server.fixture.ts'
import type { Records, TestNameServer } from '../../shared/rpc/name-server.fixture.ts'
import { BootstrapCentrals } from './bootstrap.ts'
import { centralOptionsSchema } from './options.ts'

const NAME = 'mesh.example'

async function setUp(
  records: Records,
  fallback: readonly string[] = [],
  more: { readonly lookupMaxMs?: number } = {},
): Promise<{
  readonly server: TestNameServer
  readonly clock: ManualClock
  readonly centrals: BootstrapCentrals
  /** Looks for one, and says which it is. */
  readonly locate: () => Promise<string | undefined>
  /** The present one fails, a moment later. */
  readonly fail: () => Promise<string | undefined>
}> {
  const server = await nameServerOfTest(records)
  const clock = new ManualClock()
  const { bootstrap: options } = centralOptionsSchema.parse({
    bootstrap: { name: NAME, resolver: server.address, fallback },
    insecure: true,
  })
  if (options === undefined) throw new TypeError('there is no bootstrap')
  const logger = createLogger('silent', {})
  const centrals = new BootstrapCentrals({ options, clock, random: () => 0.5, logger, ...more })
  onTestFinished(() => centrals.stop())
  const locate = async (): Promise<string | undefined> => {
    await centrals.locate()
    return centrals.current?.target
  }
  const fail = (): Promise<string | undefined> => {
    centrals.failed()
    clock.advance(2_000)
    return locate()
  }
  return { server, clock, centrals, locate, fail }
}

const srv = (...ports: readonly number[]): Records =>
  srvRecords(
    NAME,
    ports.map((port, i) => ({ target: 'central.example', port, priority: i })),
  )
const host = addressRecords('central.example', '192.0.2.1')
const at = (port: number): string => `ipv4:192.0.2.1:${port}`

it('centrals are tried in the order of their priorities, and then again', async () => {
  const { locate, fail } = await setUp({ ...srv(1, 2, 3), ...host })
  expect(await locate()).toBe(at(1))
  expect(await locate()).toBe(at(1))
  expect([await fail(), await fail(), await fail()]).toEqual([at(2), at(3), at(1)])
})

it('after one was reached the first is the first again', async () => {
  const { locate, fail, centrals } = await setUp({ ...srv(1, 2), ...host })
  await locate()
  expect(await fail()).toBe(at(2))
  centrals.reached()
  expect(await fail()).toBe(at(1))
})

it('DNS is asked anew when one has failed, and no more often than each second', async () => {
  const { server, clock, centrals, locate, fail } = await setUp({ ...srv(1, 2), ...host })
  const looks = (): number => server.asked.filter((line) => line.endsWith('SRV')).length
  await locate()
  for (let i = 0; i < 10; i++) {
    centrals.failed()
    clock.advance(50)
    await locate()
  }
  expect(looks()).toBe(1)
  server.setRecords({ ...srv(9), ...host })
  expect(await fail()).toBe(at(9))
  expect(looks()).toBe(2)
})

it('without SRV they are those of TXT', async () => {
  const { locate, fail } = await setUp({
    ...txtRecords(NAME, ['central=192.0.2.2:7053', 'central=[2001:db8::1]:7053']),
  })
  expect(await locate()).toBe('192.0.2.2:7053')
  expect(await fail()).toBe('[2001:db8::1]:7053')
})

it('without either they are the fallbacks, until DNS names one', async () => {
  const { server, locate, fail } = await setUp({}, ['192.0.2.8:7053', '192.0.2.9:7053'])
  expect(await locate()).toBe('192.0.2.8:7053')
  expect(await fail()).toBe('192.0.2.9:7053')
  server.setRecords({ ...srv(1), ...host })
  expect(await fail()).toBe(at(1))
})

it('those of before are taken last, when DNS says nothing any more', async () => {
  const { server, locate, fail } = await setUp({ ...srv(1), ...host }, ['192.0.2.8:7053'])
  expect(await locate()).toBe(at(1))
  server.setRecords(host)
  expect([await fail(), await fail()]).toEqual(['192.0.2.8:7053', at(1)])
})

it('where nothing at all is known there is none, and it is looked again', async () => {
  const { server, clock, locate } = await setUp({})
  expect(await locate()).toBe(undefined)
  server.setRecords({ ...srv(1), ...host })
  expect(await locate()).toBe(undefined)
  clock.advance(2_000)
  expect(await locate()).toBe(at(1))
})

it('a server that says nothing is not waited for long', async () => {
  const { server, locate } = await setUp({}, ['192.0.2.8:7053'], { lookupMaxMs: 50 })
  server.setSilent(true)
  expect(await locate()).toBe('192.0.2.8:7053')
})

it('a host that the server does not know is left to the system', async () => {
  const { locate } = await setUp(srv(7053))
  expect(await locate()).toBe('central.example:7053')
})

it.each<[string, object, string]>([
  ['neither', {}, 'has neither addresses nor bootstrap, one of them is wanted'],
  [
    'both',
    { addresses: ['central.example:7053'], bootstrap: { name: NAME }, insecure: true },
    'has both addresses and bootstrap, one of them is wanted',
  ],
  [
    'plaintext to whatever DNS names',
    { bootstrap: { name: NAME } },
    'tls is wanted, or insecure: true',
  ],
  [
    'a fallback without a port',
    { bootstrap: { name: NAME, fallback: ['central.example'] }, insecure: true },
    'is not a host and port such as central.example:7053',
  ],
  [
    'a name as a DNS server',
    { bootstrap: { name: NAME, resolver: 'dns.example:53' }, insecure: true },
    'an IPv4 address is wanted',
  ],
  [
    'a DNS server on port 0',
    { bootstrap: { name: NAME, resolver: '192.0.2.1:0' }, insecure: true },
    'has the port 0',
  ],
  [
    'seventeen fallbacks',
    {
      bootstrap: { name: NAME, fallback: Array.from({ length: 17 }, () => 'c.example:1') },
      insecure: true,
    },
    '16',
  ],
])('a config with %s is refused', (_what, config, wanted) => {
  const checked = checkValue(centralOptionsSchema, config, '')
  expect(checked.ok).toBe(false)
  expect(JSON.stringify(checked)).toContain(wanted)
})
