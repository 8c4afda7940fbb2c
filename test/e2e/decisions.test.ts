import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { callCli } from '../../cli/cli.fixture.ts'
import { pops } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { isRecord, until } from '../support/program.ts'

const folder = new TestFolder()
const log = folder.file('decisions.log')
const central = new CentralUnderTest(folder)
const edge = new EdgeUnderTest(folder, 'sfo', () => central.grpc, {
  replica: { kind: 'full' },
  decisions: { log, perSecond: 1_000 },
})
const name = 'logged.example'

beforeAll(async () => {
  await central.start()
  await central.apply({
    clusters: pops(),
    zones: [{ apex: 'example', ns: ['ns.example'] }],
    apps: [
      {
        name,
        policy: 'weighted',
        endpoints: [
          { cluster: 'sfo', addresses: ['192.0.2.1'], weight: 50 },
          { cluster: 'lhr', addresses: ['192.0.2.2'], weight: 50 },
        ],
      },
    ],
  })
  await edge.start()
  await edge.connected()
})
afterAll(async () => {
  await edge.end()
  await central.end()
  folder.remove()
})

function lines(): readonly Readonly<Record<string, unknown>>[] {
  const texts = readFileSync(log, 'utf8').split('\n').slice(0, -1)
  return texts.map((text) => JSON.parse(text) as unknown).filter(isRecord)
}

it('answers are sampled as they were given, and simulate takes the log', async () => {
  await until('an answer', async () => {
    const answer = await edge.addresses(name)
    return answer.startsWith('192.0.2.') ? true : undefined
  })
  const before = lines().length
  for (let i = 0; i < 30; i++) await edge.ask(name)
  // At most 1,000 a second: asked one after the other most are sampled.
  const found = await until('the lines', () => {
    const all = lines().filter((line) => line['qname'] === `${name}.`)
    return Promise.resolve(all.length >= before + 10 ? all : undefined)
  })
  for (const { time, clusters, ...line } of found) {
    expect(line).toEqual({
      client: '127.0.0.0/24',
      edge: 'sfo',
      qname: `${name}.`,
      qtype: 'A',
      rcode: 'NOERROR',
      policy: 'weighted',
    })
    expect(String(time)).toMatch(/^\d{4}-.*Z$/)
    // Drawn for each query: it is the very one that was given.
    expect([['sfo'], ['lhr']]).toContainEqual(clusters)
  }
  await until('all to be counted', async () =>
    (await edge.metric('meridian_edge_decisions_logged_total')) >= found.length ? true : undefined,
  )
  expect(await edge.metric('meridian_edge_decisions_dropped_total')).toBe(0)

  const file = folder.write('policy.yaml', { policy: 'nearest', apps: [name] })
  const args = ['simulate', '-f', file, '--queries', log, '--url', central.url]
  const { code, out } = await callCli(args)
  expect(code).toBe(0)
  expect(out).toMatch(/^sfo +50\.0 % +100\.0 % +\+50\.0/m)
})
