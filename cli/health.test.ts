import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../shared/clock.ts'
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

const report = (edge: string, state: string, detail = '') => ({ edge, state, detail })

/** Half a minute over five: a slow test still shows the five. */
const sinceEpoch = systemClock.epochMs() - (2 * 3_600 + 5 * 60 + 30) * 1_000

const items = [
  { app: 'a.example.', cluster: 'ewr', state: 'unknown', reports: [] },
  {
    app: 'a.example.',
    cluster: 'lhr',
    state: 'degraded',
    sinceEpoch,
    reports: [
      report('lhr-1', 'up'),
      report('fra-1', 'degraded', 'the certificate ends in 3 days'),
      report('ewr-1', 'down', 'no answer within 2000 ms'),
      report('sfo-1', 'degraded', 'the certificate ends in 2 days'),
    ],
  },
  {
    app: 'b.example.',
    cluster: 'sfo',
    state: 'down',
    sinceEpoch,
    forced: {
      state: 'up',
      sinceEpoch,
      untilEpoch: systemClock.epochMs() + (2 * 3_600 - 10) * 1_000,
      reason: 'the check is wrong',
      actor: 'ops',
    },
    reports: ['ewr-1', 'lhr-1', 'sfo-1'].map((edge) => report(edge, 'down', 'refused\u001B[2J')),
  },
]

describe('meridian health', () => {
  it('tells state, since when, how many edges say so, and why', async () => {
    const { code, out, err } = await run(
      { 'GET /v1/health?limit=1000': { body: { items } } },
      'health',
    )
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const wide = (text: string): string => text.padEnd('2/4 degraded, 1/4 up, 1/4 down'.length)
    const forced = (text: string): string => text.padEnd('up for 1h59m: the check is wrong'.length)
    expect(out.split('\n')).toEqual([
      `APP         CLUSTER  STATE     SINCE  ${forced('FORCED')}  ${wide('REPORTS')}  WHY`,
      `a.example.  ewr      unknown       -  ${forced('-')}  ${wide('-')}  -`,
      `a.example.  lhr      degraded   2h5m  ${forced('-')}  2/4 degraded, 1/4 up, 1/4 down  the certificate ends in 3 days`,
      `b.example.  sfo      down       2h5m  up for 1h59m: the check is wrong  ${wide('3/3 down')}  refused\\u001b[2J`,
      '',
    ])
  })

  it('prints the objects as they came as JSON', async () => {
    const script = {
      'GET /v1/health?limit=1000': { body: { items: items.slice(0, 1), next: 'c1' } },
      'GET /v1/health?limit=1000&after=c1': { body: { items: items.slice(1) } },
    }
    const { out } = await run(script, 'health', '--output', 'json')
    expect(JSON.parse(out)).toEqual({ items })
  })

  it('asks of one app, and for a state and a cluster only', async () => {
    const line = 'GET /v1/apps/a.example./health?cluster=lhr&state=degraded&limit=1'
    const args = ['--state', 'degraded', '--cluster', 'lhr', '--limit', '1']
    const { code, out } = await run(
      { [line]: { body: { items: items.slice(1, 2) } } },
      'health',
      'A.example',
      ...args,
    )
    expect(code).toBe(0)
    expect(out.split('\n')[1]).toMatch(
      /^a\.example\. {2}lhr {6}degraded {3}2h5m {2}- {7}2\/4 degraded/,
    )
  })

  it('ends with 0 when nothing is checked', async () => {
    const script = { 'GET /v1/apps/a.example./health?limit=1000': { body: { items: [] } } }
    const { code, out } = await run(script, 'health', 'a.example')
    expect({ code, out }).toEqual({
      code: 0,
      out: 'APP  CLUSTER  STATE  SINCE  FORCED  REPORTS  WHY\n',
    })
  })

  it('shows what a newer central says as well as it can', async () => {
    const odd = {
      app: 'a.example.',
      cluster: 'sfo',
      state: 'resting',
      sinceEpoch: 'x',
      forced: 7,
      reports: 1,
    }
    const { code, out } = await run(
      { 'GET /v1/health?limit=1000': { body: { items: [odd] } } },
      'health',
    )
    expect(code).toBe(0)
    expect(out.split('\n')[1]).toBe('a.example.  sfo      resting      -  -       -        -')
  })

  it('fails when the app is not there', async () => {
    const { code, err } = await run({}, 'health', 'nope.example')
    expect(code).toBe(1)
    expect(err).toMatch(/\/v1\/apps\/nope\.example\.\/health: 404 Not Found: /)
  })

  it.each([
    [
      ['health', '--state', 'dead'],
      'error: --state: "dead" is not one of unknown, up, degraded, down\n',
    ],
    [
      ['health', '--cluster', 'S F'],
      'error: "S F" is not an id: 1 to 63 of a-z, 0-9 and -, no - at the ends\n',
    ],
    [['health', 'a..b'], 'error: "a..b" has an empty label\n'],
  ])('refuses %j before it asks', async (args, message) => {
    const { code, err, seen } = await run({}, ...args)
    expect({ code, err, seen }).toEqual({ code: 2, err: message, seen: [] })
  })
})
