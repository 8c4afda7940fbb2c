import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import {
  createFolder,
  runCli,
  startFakeCentral,
  type FakeCentral,
  type FakeReply,
} from './cli.fixture.ts'

const folder = createFolder()
afterAll(folder.remove)
let central: FakeCentral | undefined
afterEach(async () => central?.close())

async function start(script: Parameters<typeof startFakeCentral>[0]): Promise<FakeCentral> {
  central = await startFakeCentral(script)
  return central
}

const manifest = 'apps:\n  - name: video.example\n    endpoints: [{ cluster: sfo }]\n'

const changed: FakeReply = {
  body: {
    version: 42,
    changed: 3,
    dryRun: false,
    diff: [
      { action: 'create', kind: 'app', id: 'video.example.', after: {} },
      {
        action: 'change',
        kind: 'endpoint',
        id: 'video.example. sfo',
        before: { addresses: ['192.0.2.1'] },
        after: { addresses: ['192.0.2.2'] },
      },
      { action: 'delete', kind: 'cluster', id: 'ewr', before: {} },
    ],
  },
}

describe('meridian apply', () => {
  it('sends what was written as one change and prints the diff', async () => {
    const { url, seen } = await start({ 'POST /v1/changes': changed })
    const env = { MERIDIAN_URL: url, MERIDIAN_TOKEN: 's3cret' }
    const ran = await runCli(['apply', '-f', '-'], { env, stdin: manifest })
    expect(ran).toEqual({
      code: 0,
      out: [
        '+ app video.example.',
        '~ endpoint video.example. sfo  addresses: [192.0.2.1] -> [192.0.2.2]',
        '- cluster ewr',
        'changed 3 (version 42)',
        '',
      ].join('\n'),
      err: '',
    })
    expect(seen).toMatchObject([
      {
        line: 'POST /v1/changes',
        headers: { authorization: 'Bearer s3cret', 'content-type': 'application/json' },
        body: { apps: [{ name: 'video.example', endpoints: [{ cluster: 'sfo' }] }] },
      },
    ])
  })

  it('sends the check of an app and shows it in the diff', async () => {
    const check = { type: 'http', path: '/live', timeoutMs: 500 }
    const diff = [
      {
        action: 'change',
        kind: 'app',
        id: 'video.example.',
        before: { name: 'video.example.', version: 1, health: { check: { type: 'tcp' } } },
        after: { name: 'video.example.', version: 2, health: { check } },
      },
    ]
    const body = { version: 2, changed: 1, dryRun: false, diff }
    const { url, seen } = await start({ 'POST /v1/changes': { body } })
    const stdin =
      'apps:\n  - name: video.example\n' +
      '    health: { check: { type: http, path: /live, timeoutMs: 500 } }\n'
    const ran = await runCli(['apply', '-f', '-', '--url', url], { stdin })
    expect(ran).toEqual({
      code: 0,
      out:
        '~ app video.example.  health.check.type: tcp -> http  ' +
        'health.check.path: (none) -> /live  health.check.timeoutMs: (none) -> 500\n' +
        'changed 1 (version 2)\n',
      err: '',
    })
    expect(seen[0]?.body).toEqual({ apps: [{ name: 'video.example', health: { check } }] })
  })

  it('joins files, asks for dry runs and pruning, and does not wait for what changes nothing', async () => {
    const body = { version: 41, changed: 3, dryRun: true, diff: [] }
    const { url, seen } = await start({ 'POST /v1/changes?dryRun=true&prune=true': { body } })
    const file = join(folder.path, 'clusters.yaml')
    writeFileSync(file, 'clusters: []\n')
    const flags = ['--dry-run', '--prune', '--wait', '--url', url]
    const ran = await runCli(['apply', '-f', file, '-f', '-', ...flags], { stdin: manifest })
    expect(ran).toEqual({ code: 0, out: 'would change 3 (version 41 stays)\n', err: '' })
    expect(seen[0]?.body).toEqual({
      clusters: [],
      apps: [{ name: 'video.example', endpoints: [{ cluster: 'sfo' }] }],
    })
  })

  it('says when nothing changed, and how many edges serve it', async () => {
    const reply = {
      headers: { 'meridian-edges': '3/3' },
      body: { version: 41, changed: 0, diff: [], dryRun: false },
    }
    const { url } = await start({ 'POST /v1/changes?wait=edges': reply })
    const ran = await runCli(['apply', '-f', '-', '--wait', '--url', url], { stdin: manifest })
    expect(ran).toEqual({ code: 0, out: 'no change (version 41), served by 3/3 edges\n', err: '' })
  })

  it('fails when not every edge serves the change in time', async () => {
    const headers = { 'meridian-edges': '2/3', 'meridian-version': '42' }
    const { url } = await start({
      'POST /v1/changes?wait=edges': { ...changed, status: 202, headers },
    })
    const ran = await runCli(['apply', '-f', '-', '--wait', '--url', url], { stdin: manifest })
    expect(ran).toMatchObject({
      code: 1,
      err: 'error: version 42 is stored, but 2/3 edges serve it\n',
    })
    expect(ran.out).toMatch(/changed 3 \(version 42\), served by 2\/3 edges\n$/)
  })

  it('prints the answer of central as JSON', async () => {
    const { url } = await start({ 'POST /v1/changes': changed })
    const args = ['apply', '-f', '-', '--url', url, '--output', 'json']
    const ran = await runCli(args, { stdin: manifest })
    expect(JSON.parse(ran.out)).toEqual(changed.body)
  })

  it('sends nothing when a manifest has mistakes: one line each, exit code 2', async () => {
    const { url, seen } = await start({})
    const stdin =
      'apps:\n  - name: video.example\n    ttl: { min: 9, max: 3 }\n    polcy: nearest\n'
    const ran = await runCli(['apply', '-f', '-', '--url', url], { stdin })
    expect(ran).toEqual({
      code: 2,
      out: '',
      err: [
        'stdin:3:17: apps[0].ttl.min: 9: min is greater than max',
        'stdin:4:5: apps[0]: unknown key `polcy`, did you mean `policy`?',
        '',
      ].join('\n'),
    })
    expect(seen).toEqual([])
  })

  it('shows what central refuses in one line', async () => {
    const body = {
      title: 'Conflict',
      status: 409,
      detail: 'cluster sfo does not exist',
      code: 'unknown-cluster',
      errors: [{ path: '/apps/0/endpoints/0/cluster', value: 'sfo', detail: 'is not a cluster' }],
    }
    const { url } = await start({ 'POST /v1/changes': { status: 409, body } })
    const ran = await runCli(['apply', '-f', '-', '--url', url], { stdin: manifest })
    expect(ran.code).toBe(1)
    expect(ran.err).toBe(
      `error: POST ${url}/v1/changes: 409 Conflict: cluster sfo does not exist (unknown-cluster); ` +
        '/apps/0/endpoints/0/cluster: "sfo" is not a cluster\n',
    )
  })

  it('says that no token was given', async () => {
    const reply = { status: 401, body: { detail: 'a token is wanted' } }
    const { url } = await start({ 'POST /v1/changes': reply })
    const ran = await runCli(['apply', '-f', '-', '--url', url], { stdin: manifest })
    expect(ran.code).toBe(1)
    expect(ran.err).toMatch(
      /a token is wanted; no token was given, by --token-file or MERIDIAN_TOKEN\n$/,
    )
  })
})
