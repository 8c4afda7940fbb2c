import { afterEach, describe, expect, it } from 'vitest'
import { callCli, startFakeCentral, type FakeCentral, type Ran } from './cli.fixture.ts'

let central: FakeCentral | undefined
afterEach(async () => central?.close())

async function run(
  script: Parameters<typeof startFakeCentral>[0],
  ...args: readonly string[]
): Promise<Ran> {
  central = await startFakeCentral(script)
  return callCli([...args, '--url', central.url])
}

describe('meridian edges list', () => {
  it('tells what an edge serves, and what it was sent when it is behind', async () => {
    const edge = {
      cluster: 'sfo',
      replica: 'full',
      names: 0,
      software: 'meridian/0.1.0',
      connectedEpoch: 1_700_000_000_000,
      adminUrl: 'http://127.0.0.1:9301',
    }
    const items = [
      { id: 'sfo-1', ...edge, ackVersion: 42, sentVersion: 42 },
      { id: 'sfo-2', ...edge, ackVersion: 40, sentVersion: 42 },
    ]
    const { code, out } = await run(
      { 'GET /v1/edges?limit=1000': { body: { items } } },
      'edges',
      'list',
    )
    expect(code).toBe(0)
    expect(out.split('\n')[2]).toMatch(
      /^sfo-2 {2}sfo {6}full {5}40 of 42 {6}0 {2}2023-11-14T22:13:20\.000Z {2}meridian\/0\.1\.0 {2}http/,
    )
  })
})

describe('meridian status', () => {
  it('prints what central says', async () => {
    const body = { version: 42, logId: 'x', clusters: 3 }
    const { out } = await run({ 'GET /v1/status': { body } }, 'status')
    expect(out).toBe('version   42\nlogId     x\nclusters  3\n')
  })

  it('asks for the hash of the state only where it is wanted', async () => {
    const body = { version: 42, stateHash: 'abc' }
    const { out } = await run({ 'GET /v1/status?hash=true': { body } }, 'status', '--hash')
    expect(out).toBe('version    42\nstateHash  abc\n')
  })
})

describe('meridian wait', () => {
  it('ends with 0 when every edge serves the version', async () => {
    const script = {
      'GET /v1/versions/42?waitSeconds=3': { body: { version: 42, edges: 3, served: 3 } },
    }
    const { code, out } = await run(script, 'wait', '42', '--timeout', '3')
    expect({ code, out }).toEqual({ code: 0, out: 'version 42 is served by 3/3 edges\n' })
  })

  it('ends with 1 and the words of central when not', async () => {
    const detail = '2 of 3 edges serve version 42 after 10 s'
    const script = { 'GET /v1/versions/42?waitSeconds=10': { status: 504, body: { detail } } }
    const { code, err } = await run(script, 'wait', '42')
    expect(code).toBe(1)
    expect(err).toMatch(
      /\/v1\/versions\/42: 504 Gateway Timeout: 2 of 3 edges serve version 42 after 10 s\n$/,
    )
  })

  it.each([
    [['wait', 'soon'], 'error: "soon" is not a version such as 42\n'],
    [['wait', '1', '--timeout', '61'], 'error: --timeout: "61" is not a whole number in 1..60\n'],
  ])('refuses %j', async (args, err) => {
    expect(await run({}, ...args)).toEqual({ code: 2, out: '', err })
  })
})
