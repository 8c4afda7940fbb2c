import { Registry as MetricRegistry } from 'prom-client'
import { expect, it, onTestFinished } from 'vitest'
import { machineOptionsSchema } from '../machines/options.ts'
import { vm1 } from '../model/machines.fixture.ts'
import { createRenewalServer } from './create.ts'
import { TestKey, TestRenewals, openDatagramClient } from './renewal.fixture.ts'

async function create(datagrams: object): Promise<{
  readonly server: ReturnType<typeof createRenewalServer>
  readonly register: MetricRegistry
}> {
  const { machines, loads, logger } = await new TestRenewals().begin()
  const register = new MetricRegistry()
  const server = createRenewalServer(register, {
    config: {
      machines: machineOptionsSchema.parse({ datagrams }),
      http: { listen: { address: '127.0.0.2', port: 0 } },
    },
    machines: machines.keeper,
    loads,
    clock: machines.clock,
    logger,
  })
  if (server === undefined) return { server, register }
  await server.start()
  onTestFinished(() => server.stop())
  return { server, register }
}

it.each([
  ['where REST does', {}, '127.0.0.2'],
  ['where it is said', { listen: '127.0.0.1:0' }, '127.0.0.1'],
])('listens %s', async (_where, datagrams, address) => {
  const { server } = await create(datagrams)
  expect(server?.address().address).toBe(address)
})

it('there is none where none is wanted, and no metrics of it', async () => {
  const { server, register } = await create({ enabled: false })
  expect([server, await register.metrics()]).toEqual([undefined, '\n'])
})

it('what becomes of datagrams is counted', async () => {
  const { server, register } = await create({ listen: '127.0.0.1:0' })
  if (server === undefined) throw new TypeError('no server')
  const issued = server.issue(vm1, { version: 2 })
  if (issued === undefined) throw new TypeError('no key')
  const key = new TestKey(issued)
  const client = await openDatagramClient(issued.port)
  onTestFinished(() => client.close())
  await client.send(Buffer.from('hello'), key.renewal(1), key.renewal(1), key.renewal(2))
  await client.receive()
  await client.receive()
  const text = await register.metrics()
  const values = [...text.matchAll(/^meridian_central_renewal_(\S+ \d+)$/gm)].map(([, row]) => row)
  expect(values).toEqual([
    'datagrams_total{result="renewed"} 2',
    'datagrams_total{result="register"} 0',
    'datagrams_total{result="malformed"} 1',
    'datagrams_total{result="unknown"} 0',
    'datagrams_total{result="old"} 1',
    'datagrams_total{result="forged"} 0',
    'datagrams_total{result="failed"} 0',
    'keys 1',
    'kernel_drops_total 0',
  ])
})
