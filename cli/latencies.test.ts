import { afterEach, describe, expect, it } from 'vitest'
import { callCli, startFakeCentral, type FakeCentral, type Ran } from './cli.fixture.ts'

let central: FakeCentral | undefined
afterEach(async () => central?.close())

async function run(
  script: Parameters<typeof startFakeCentral>[0],
  ...args: readonly string[]
): Promise<Ran & { readonly seen: FakeCentral['seen'] }> {
  central = await startFakeCentral(script)
  const ran = await callCli(['latencies', ...args, '--url', central.url])
  return { ...ran, seen: central.seen }
}

const items = [
  { edge: 'lhr-1', cluster: 'lhr', roundTripMs: 0.07 },
  { edge: 'lhr-1', cluster: 'sfo', roundTripMs: 131.072 },
  { edge: 'sfo-1', cluster: 'lhr', roundTripMs: 130 },
]

describe('meridian latencies', () => {
  it('shows the round trips of all edges, in ms', async () => {
    const { code, out, err } = await run({ 'GET /v1/latencies?limit=1000': { body: { items } } })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out.split('\n')).toEqual([
      'EDGE   CLUSTER      MS',
      'lhr-1  lhr        0.07',
      'lhr-1  sfo      131.07',
      'sfo-1  lhr      130.00',
      '',
    ])
  })

  it('prints the objects of all pages as they came as JSON', async () => {
    const script = {
      'GET /v1/latencies?limit=1000': { body: { items: items.slice(0, 1), next: 'c1' } },
      'GET /v1/latencies?limit=1000&after=c1': { body: { items: items.slice(1) } },
    }
    const { out } = await run(script, '--output', 'json')
    expect(JSON.parse(out)).toEqual({ items })
  })

  it('asks for an edge and a cluster only', async () => {
    const line = 'GET /v1/latencies?edge=lhr-1&cluster=sfo&limit=1'
    const args = ['--edge', 'lhr-1', '--cluster', 'sfo', '--limit', '1']
    const { code, out } = await run({ [line]: { body: { items: items.slice(1, 2) } } }, ...args)
    expect({ code, rows: out.split('\n').slice(1) }).toEqual({
      code: 0,
      rows: ['lhr-1  sfo      131.07', ''],
    })
  })

  it('shows what a newer central says as well as it can', async () => {
    const body = { items: [{ edge: 'lhr-1', roundTripMs: 'soon' }] }
    const { code, out } = await run({ 'GET /v1/latencies?limit=1000': { body } })
    expect({ code, row: out.split('\n')[1] }).toEqual({ code: 0, row: 'lhr-1  -         -' })
  })

  it.each(['--edge', '--cluster'])('refuses a wrong %s before it asks', async (flag) => {
    const { code, err, seen } = await run({}, flag, 'S F')
    const message = 'error: "S F" is not an id: 1 to 63 of a-z, 0-9 and -, no - at the ends\n'
    expect({ code, err, seen }).toEqual({ code: 2, err: message, seen: [] })
  })
})
