import { renameSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pops } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder, token } from '../support/mesh.ts'
import { isRecord, ProgramUnderTest, until } from '../support/program.ts'

/** What may pass between the end of a lease and an answer without the machine. */
const OUT_MS = 2_000
const LEASE_MS = 5_000

const folder = new TestFolder()
const ended: unknown[] = []
const hook = createServer((request, response) => {
  let text = ''
  request.setEncoding('utf8').on('data', (part: string) => (text += part))
  request.on('end', () => {
    ended.push(JSON.parse(text))
    response.writeHead(204).end()
  })
})
let hookUrl = ''
let central: CentralUnderTest
let edge: EdgeUnderTest
const agents: ProgramUnderTest[] = []

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('it has no port')
  return address.port
}

async function listen(server: Server, port = 0): Promise<void> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
}

beforeAll(async () => {
  await listen(hook)
  hookUrl = `http://127.0.0.1:${portOf(hook)}/end`
  central = new CentralUnderTest(folder, {
    machines: { graceSeconds: 5, terminate: { allow: [hookUrl] } },
  })
  await central.start()
  await central.apply({
    clusters: pops(),
    zones: [{ apex: 'example', ns: ['ns.example'] }],
    apps: ['killed', 'left', 'kept', 'checked', 'busy'].map((name) => ({
      name: `${name}.example`,
    })),
  })
  edge = new EdgeUnderTest(folder, 'sfo', () => central.grpc)
  await edge.start()
  await edge.connected()
})
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.end('SIGKILL')))
  await edge.end()
  await central.end()
  hook.close()
  folder.remove()
})

/** Runs an agent that has registered its machine. */
async function startAgent(app: string, machine: string, address: string, ...more: string[]) {
  const args = ['--app', app, '--cluster', 'sfo', '--machine', machine, '--addresses', address]
  const lease = ['--lease-seconds', String(LEASE_MS / 1_000), '--central', central.url]
  const agent = new ProgramUnderTest(['agent', ...args, ...lease, ...more], {
    env: { MERIDIAN_TOKEN: token },
  })
  agents.push(agent)
  await agent.logged('registered')
  return agent
}

async function typesOf(machine: string): Promise<readonly string[]> {
  const page: unknown = await (await central.call('GET', '/v1/events?limit=1000')).json()
  const changes: unknown[] = isRecord(page) && Array.isArray(page['items']) ? page['items'] : []
  return changes.flatMap((change) => {
    const events: unknown[] =
      isRecord(change) && Array.isArray(change['events']) ? change['events'] : []
    return events.flatMap((event) =>
      isRecord(event) && event['machine'] === machine ? [String(event['type'])] : [],
    )
  })
}

describe('a machine', () => {
  it('that is killed is out of the answers after its lease, and ended by its URL', async () => {
    const killed = await startAgent(
      'killed.example',
      'vm-1',
      '192.0.2.1',
      '--terminate-url',
      hookUrl,
    )
    await startAgent('killed.example', 'vm-2', '192.0.2.2')
    await edge.answers('killed.example', '192.0.2.1 192.0.2.2')
    await killed.end('SIGKILL')
    const ms = await edge.answers('killed.example', '192.0.2.2')
    expect(ms).toBeLessThan(LEASE_MS + OUT_MS)
    expect(ms).toBeGreaterThan(LEASE_MS / 2)
    await until('the machine to be unregistered', async () =>
      (await typesOf('vm-1')).includes('machine-unregistered') ? true : undefined,
    )
    expect(ended).toEqual([
      { app: 'killed.example.', cluster: 'sfo', machine: 'vm-1', why: 'lease-expired' },
    ])
    expect(await typesOf('vm-1')).toEqual([
      'machine-registered',
      'machine-withdrawn',
      'machine-terminated',
      'machine-unregistered',
    ])
    // The other has renewed all the while, which cost nothing.
    expect(await typesOf('vm-2')).toEqual(['machine-registered'])
  })

  it('that is stopped in order is gone before its agent', async () => {
    const config = folder.write('agent.yaml', {
      app: 'left.example',
      cluster: 'sfo',
      machine: 'vm-3',
      addresses: ['192.0.2.3'],
      leaseSeconds: 60,
      central: [central.url],
      tokenFile: folder.write('token', token),
    })
    const agent = new ProgramUnderTest(['agent', '--config', config])
    agents.push(agent)
    await agent.logged('registered')
    await edge.answers('left.example', '192.0.2.3')
    const { code } = await agent.end('SIGTERM')
    expect(code).toBe(0)
    expect(await edge.addresses('left.example')).toBe('NOERROR')
    expect(await typesOf('vm-3')).toEqual(['machine-registered', 'machine-unregistered'])
  })

  it('whose service stops is out until it is back', async () => {
    let service = createServer((_request, response) => response.end('ok'))
    await listen(service)
    const port = portOf(service)
    const close = (): Promise<void> => {
      service.closeAllConnections()
      return new Promise((resolve) => service.close(() => resolve()))
    }
    const check = ['--port', String(port), '--check', 'http:/x', '--check-seconds', '1']
    const agent = await startAgent('checked.example', 'vm-4', '192.0.2.4', ...check, '--fall', '2')
    await edge.answers('checked.example', '192.0.2.4')
    await close()
    await edge.answers('checked.example', 'NOERROR')
    service = createServer((_request, response) => response.end('ok'))
    await listen(service, port)
    await edge.answers('checked.example', '192.0.2.4')
    await close()
    expect((await agent.end()).code).toBe(0)
  })
})

it('the loads that commands print are told as their mean, and one that fails tells nothing', async () => {
  const loads = async (): Promise<unknown> => {
    const page: unknown = await (await central.call('GET', '/v1/loads?app=busy.example')).json()
    return isRecord(page) ? page['items'] : undefined
  }
  const isLoad = (load: number): Promise<boolean> =>
    until(`the load to be ${load}`, async () =>
      JSON.stringify(await loads()).includes(`"load":${load}`) ? true : undefined,
    )
  const file = folder.write('load', 70)
  const every = ['--load-seconds', '1', '--load-command']
  const first = await startAgent('busy.example', 'vm-6', '192.0.2.6', ...every, `cat ${file}`)
  await isLoad(70)
  await startAgent('busy.example', 'vm-7', '192.0.2.7', ...every, 'echo 30%')
  await isLoad(50)
  // At once: no run finds half of it.
  const put = (load: string | number): void => renameSync(folder.write('load.new', load), file)
  put('much')
  const said = await first.logged('the load command gives no load')
  expect(said['detail']).toBe('it printed "much", wanted is 0 to 1000 percent')
  put(90)
  await first.logged('the load command gives a load again')
  await isLoad(60)
  // It costs no registration, and the log what the steps of the load cost.
  expect(await typesOf('vm-6')).toEqual(['machine-registered'])
})

it('central that was killed and is back ends no lease within the grace time', async () => {
  await startAgent('kept.example', 'vm-5', '192.0.2.5')
  await edge.answers('kept.example', '192.0.2.5')
  await central.end('SIGKILL')
  // Longer than the lease.
  const downUntil = performance.now() + LEASE_MS + 1_000
  await until('the lease to be over', async () => {
    expect(await edge.addresses('kept.example')).toBe('192.0.2.5')
    return performance.now() > downUntil ? true : undefined
  })
  await central.start()
  const renewed = 'meridian_central_machines_renewals_total'
  await until('the machine to renew its lease', async () => {
    const text = await (await central.call('GET', '/metrics')).text()
    return Number(new RegExp(`^${renewed} (\\d+)$`, 'm').exec(text)?.[1]) > 1 ? true : undefined
  })
  expect(await typesOf('vm-5')).toEqual(['machine-registered'])
  expect(await edge.addresses('kept.example')).toBe('192.0.2.5')
})
