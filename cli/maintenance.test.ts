import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../shared/clock.ts'
import { callCli, startFakeCentral, type FakeCentral, type Ran } from './cli.fixture.ts'

let central: FakeCentral | undefined
afterEach(async () => central?.close())

async function run(
  script: Parameters<typeof startFakeCentral>[0],
  ...args: readonly string[]
): Promise<Ran & { readonly seen: FakeCentral['seen'] }> {
  central = await startFakeCentral(script)
  const ran = await callCli(['maintenance', ...args, '--url', central.url])
  return { ...ran, seen: central.seen }
}

const path = '/v1/maintenance/disks'
const times = ['--from', '2026-12-01T22:00:00Z', '--until', '2026-12-02T01:00:00+01:00']
const options = ['--cluster', 'sfo', ...times, '--reason', 'new disks']
const body = {
  target: { cluster: 'sfo' },
  from: '2026-12-01T22:00:00.000Z',
  until: '2026-12-02T00:00:00.000Z',
  state: 'draining',
  reason: 'new disks',
}
const shown = { id: 'disks', ...body, isInForce: false, actor: 'ops' }
const reply = { status: 201, headers: { 'meridian-version': '8' }, body: shown }

describe('meridian maintenance put', () => {
  it('plans a window', async () => {
    const { code, out, err, seen } = await run(
      { [`PUT ${path}`]: reply },
      'put',
      'disks',
      ...options,
    )
    expect({ code, out, err }).toEqual({
      code: 0,
      out: 'created maintenance disks (version 8)\n',
      err: '',
    })
    expect(seen[0]?.body).toEqual(body)
  })

  it('of an endpoint, with another state, and waits for edges', async () => {
    const waited = { ...reply, status: 200, headers: { ...reply.headers, 'meridian-edges': '3/3' } }
    const more = ['--app', 'Video.example', '--state', 'disabled', '--wait']
    const script = { [`PUT ${path}?wait=edges`]: waited }
    const { out, seen } = await run(script, 'put', 'disks', ...options, ...more)
    expect(out).toBe('changed maintenance disks (version 8, served by 3/3 edges)\n')
    const target = { cluster: 'sfo', app: 'video.example.' }
    expect(seen[0]?.body).toEqual({ ...body, target, state: 'disabled' })
  })

  it('begins at once without --from', async () => {
    const rest = ['--cluster', 'sfo', '--until', '2126-12-02T00:00:00Z', '--reason', 'new disks']
    const { code, seen } = await run({ [`PUT ${path}`]: reply }, 'put', 'disks', ...rest)
    expect(code).toBe(0)
    const { from } = z.object({ from: z.iso.datetime() }).parse(seen[0]?.body)
    expect(Math.abs(Date.parse(from) - systemClock.epochMs())).toBeLessThan(60_000)
  })

  it.each([
    [['--until', 'tomorrow', '--reason', 'x'], /--until: .*is not a time such as/],
    [['--until', times[3] ?? '', '--reason', ' '], /--reason: /],
    [['--until', times[3] ?? '', '--reason', 'x', '--state', 'active'], /--state/],
    [['--until', times[3] ?? ''], /required option '--reason <text>' not specified/],
    [['--reason', 'x'], /required option '--until <time>' not specified/],
  ])('refuses %j before it asks', async (given, message) => {
    const { code, err, seen } = await run({}, 'put', 'disks', '--cluster', 'sfo', ...given)
    expect({ code, seen }).toEqual({ code: 2, seen: [] })
    expect(err).toMatch(message)
  })

  it('says what central says of times that cannot be', async () => {
    const detail = 'body/until: is not after from'
    const script = { [`PUT ${path}`]: { status: 422, body: { detail } } }
    const { code, err } = await run(script, 'put', 'disks', ...options)
    expect(code).toBe(1)
    expect(err).toContain(detail)
  })
})

describe('meridian maintenance list', () => {
  const inForce = {
    ...shown,
    id: 'web',
    target: { cluster: 'sfo', app: 'web.example.' },
    isInForce: true,
  }
  const page = { body: { items: [shown, inForce] } }

  it('shows windows as a table', async () => {
    const { out } = await run({ 'GET /v1/maintenance?limit=1000': page }, 'list')
    expect(out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 6).join('|'))).toEqual([
      'ID|TARGET|STATE|FROM|UNTIL|IN FORCE',
      `disks|cluster sfo|draining|${body.from}|${body.until}|no`,
      `web|endpoint web.example. sfo|draining|${body.from}|${body.until}|yes`,
      '',
    ])
  })

  it('prints what central has as JSON', async () => {
    const script = { 'GET /v1/maintenance?limit=1000': page }
    const { out } = await run(script, 'list', '--output', 'json')
    expect(JSON.parse(out)).toEqual({ items: [shown, inForce] })
  })
})

describe('meridian maintenance delete', () => {
  const gone = { status: 204, headers: { 'meridian-version': '9' } }

  it('ends it', async () => {
    const { code, out } = await run({ [`DELETE ${path}`]: gone }, 'delete', 'disks')
    expect({ code, out }).toEqual({ code: 0, out: 'deleted maintenance disks (version 9)\n' })
  })

  it('fails when it is not there', async () => {
    const { code, err } = await run({}, 'delete', 'disks')
    expect(code).toBe(1)
    expect(err).toMatch(/maintenance\/disks: 404 Not Found/)
  })
})
