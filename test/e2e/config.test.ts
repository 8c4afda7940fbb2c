import { afterAll, describe, expect, it } from 'vitest'
import { popsFile, TestFolder } from '../support/mesh.ts'
import { meridian } from '../support/program.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const edge = {
  id: 'sfo',
  cluster: 'sfo',
  topology: popsFile,
  dataDir: folder.file('edge'),
  central: { addresses: ['127.0.0.1:7053'] },
  admin: { listen: '127.0.0.1:0' },
  listen: { addresses: ['127.0.0.1:0'] },
}
const central = {
  dataDir: folder.file('central'),
  http: { listen: '127.0.0.1:0' },
  grpc: { listen: '127.0.0.1:0' },
}

const cluster = { id: 'sfo', latitude: 1, longitude: 2 }

/** Program, config, and what a line on stderr must hold. */
const cases: readonly (readonly [string, 'edge' | 'central', unknown, readonly RegExp[]])[] = [
  ['an unknown key', 'edge', { ...edge, lisen: 1 }, [/lisen.*did you mean.*listen/]],
  ['a wrong type', 'edge', { ...edge, id: 7 }, [/id: 7 /]],
  [
    'values out of range',
    'edge',
    { ...edge, listen: { ...edge.listen, tcpIdleTimeoutMs: 1 }, replica: { namesMax: 1 } },
    [/listen\.tcpIdleTimeoutMs: 1 /, /replica\.namesMax: 1 /],
  ],
  [
    'an address without a port',
    'edge',
    { ...edge, listen: { addresses: ['127.0.0.1'] } },
    [/listen\.addresses\[0\]: "127\.0\.0\.1"/],
  ],
  ['no central', 'edge', { ...edge, central: { addresses: [] } }, [/central\.addresses/]],
  [
    'plaintext off loopback',
    'edge',
    { ...edge, central: { addresses: ['192.0.2.1:7053'] } },
    [/192\.0\.2\.1:7053 is not loopback.*central\.tls/],
  ],
  [
    'an own cluster that is nowhere',
    'edge',
    { ...edge, cluster: 'xxx' },
    [/MERIDIAN_CLUSTER_UNKNOWN.*xxx is not among/],
  ],
  [
    'plaintext off loopback',
    'central',
    { ...central, grpc: { listen: '0.0.0.0:0' } },
    [/0\.0\.0\.0 is not loopback.*grpc\.tls/],
  ],
  [
    'a token that is too short',
    'central',
    { ...central, http: { tokens: [{ name: 'a', token: 'short' }] } },
    [/tokens\[0\]\.token: \(hidden\)/],
  ],
]

describe('a config mistake ends the start with exit code 2 and a line that says where and what', () => {
  it.each(cases)('%s (%s)', async (_what, program, config, lines) => {
    const file = folder.write(`${program}.yaml`, config)
    const ended = await meridian([program, '--config', file])
    expect(ended.stderr).not.toMatch(/\n\s+at /)
    for (const line of lines) expect(ended.stderr).toMatch(line)
    expect(ended).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('a topology that cannot be', () => {
  it.each([
    ['latitude 95', { clusters: [{ ...cluster, latitude: 95 }] }, /clusters\[0\]\.latitude: 95 /],
    ['one id twice', { clusters: [cluster, cluster] }, /clusters\[1\]\.id: "sfo" is already/],
    ['no clusters', { clusters: [] }, /clusters/],
    ['another kind of file', { zones: [] }, /zones/],
  ])('%s', async (_what, topology, line) => {
    const file = folder.write('topology.yaml', topology)
    const config = folder.write('edge.yaml', { ...edge, topology: file })
    const ended = await meridian(['edge', '--config', config])
    expect(ended.code).toBe(2)
    expect(ended.stderr).toMatch(line)
    expect(ended.stderr).toContain('topology.yaml')
  })
})

it('a port that is taken ends the start with exit code 1 and names it', async () => {
  const { createServer } = await import('node:net')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const file = folder.write('taken.yaml', { ...central, http: { listen: `127.0.0.1:${port}` } })
  const ended = await meridian(['central', '--config', file])
  server.close()
  expect(ended.code).toBe(1)
  expect(ended.stderr).toMatch(new RegExp(`MERIDIAN_LISTEN_FAILED.*127\\.0\\.0\\.1:${port}`))
})
