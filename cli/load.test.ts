import { afterEach, describe, expect, it } from 'vitest'
import { callCli, startFakeCentral, type FakeCentral, type Ran } from './cli.fixture.ts'

let central: FakeCentral | undefined
afterEach(async () => central?.close())

async function run(
  script: Parameters<typeof startFakeCentral>[0],
  ...args: readonly string[]
): Promise<Ran & { readonly seen: FakeCentral['seen'] }> {
  central = await startFakeCentral(script)
  const ran = await callCli([...args, '--url', central.url])
  return { ...ran, seen: central.seen }
}

const taken = { taken: 1, unknown: [], refused: [] }
const at = { app: 'a.example.', cluster: 'sfo' }

describe('meridian load', () => {
  it.each([
    ['85', 85],
    ['85%', 85],
    ['0.5', 0.5],
    ['1000', 1_000],
  ])('reports %s', async (text, load) => {
    const script = { 'POST /v1/loads': { body: taken } }
    const { code, out, err, seen } = await run(script, 'load', 'A.example', 'sfo', text)
    expect({ code, out, err }).toEqual({
      code: 0,
      out: `endpoint a.example. sfo has load ${load} %, for 30 s\n`,
      err: '',
    })
    expect(seen).toMatchObject([{ body: { loads: [{ ...at, load }] } }])
  })

  it('prints what central says as JSON', async () => {
    const script = { 'POST /v1/loads': { body: taken } }
    const { out } = await run(script, 'load', 'a.example', 'sfo', '5', '--output', 'json')
    expect(JSON.parse(out)).toEqual(taken)
  })

  it.each([
    [{ ...taken, taken: 0, unknown: [at] }, 'is not registered'],
    [{ ...taken, taken: 0, refused: [at] }, 'has no room: too many loads are reported already'],
  ])('fails with %j', async (body, why) => {
    const script = { 'POST /v1/loads': { body } }
    const { code, err } = await run(script, 'load', 'a.example', 'sfo', '5')
    expect({ code, err }).toEqual({ code: 1, err: `error: endpoint a.example. sfo ${why}\n` })
  })

  it.each(['1001', '5.', 'half', '%', '1e3'])('refuses %s before it asks', async (text) => {
    const { code, err, seen } = await run({}, 'load', 'a.example', 'sfo', text)
    const message = `error: "${text}" is not a load: 0 to 1000 percent\n`
    expect({ code, err, seen }).toEqual({ code: 2, err: message, seen: [] })
  })
})

describe('meridian loads', () => {
  const items = [{ ...at, load: 85 }]

  it('lists those of all apps, and of one', async () => {
    const table = ['APP         CLUSTER  LOAD', 'a.example.  sfo      85 %', '']
    const all = await run({ 'GET /v1/loads?limit=1000': { body: { items } } }, 'loads')
    expect(all.out.split('\n')).toEqual(table)
    await central?.close()
    const line = 'GET /v1/loads?app=a.example.&cluster=sfo&limit=1'
    const args = ['loads', 'a.example', '--cluster', 'sfo', '--limit', '1']
    const one = await run({ [line]: { body: { items } } }, ...args)
    expect({ code: one.code, rows: one.out.split('\n') }).toEqual({ code: 0, rows: table })
  })

  it('prints the objects as they came as JSON', async () => {
    const script = { 'GET /v1/loads?limit=1000': { body: { items } } }
    const { out } = await run(script, 'loads', '--output', 'json')
    expect(JSON.parse(out)).toEqual({ items })
  })
})

describe('meridian health', () => {
  it('has a column for what is withheld and for load, where there is any', async () => {
    const item = { ...at, state: 'up', reports: [], load: 80, withheldPercent: 20 }
    const script = { 'GET /v1/health?limit=1000': { body: { items: [item] } } }
    const { out } = await run(script, 'health')
    expect(out.split('\n').slice(0, 2)).toEqual([
      `APP         CLUSTER  STATE  SINCE  FORCED  ${'SHARE'.padEnd(24)}  REPORTS  WHY`,
      'a.example.  sfo      up         -  -       load 80 %, 20 % withheld  -        -',
    ])
  })
})
