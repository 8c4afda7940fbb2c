import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parse } from 'yaml'
import { LocalCopy } from '../../central/log/kafka/local-copy.ts'
import { callCli } from '../../cli/cli.fixture.ts'
import { packageRoot } from '../../shared/package-root.ts'
import { CentralUnderTest, TestFolder, token } from '../support/mesh.ts'
import { until } from '../support/program.ts'

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const tokenFile = folder.write('token', token)
const place = { latitude: 1, longitude: 2 }
const manifest = {
  clusters: [{ id: 'sfo', ...place, addresses: ['192.0.2.1'] }],
  zones: [{ apex: 'example', ns: ['ns.example'] }],
  apps: [{ name: 'video.example', endpoints: [{ cluster: 'sfo' }] }],
}

beforeAll(async () => {
  await central.start()
  await central.apply(manifest)
})
afterAll(async () => {
  await central.end()
  folder.remove()
})

const cli = (args: readonly string[], stdin = '') =>
  callCli([...args, '--url', central.url, '--token-file', tokenFile], { stdin })

it('events are followed across a restart of central, each once', async () => {
  const main = join(packageRoot(), 'cli/main.ts')
  const args = ['events', '--follow', '--after', '0', '--limit', '3', '--output', 'json']
  const child = spawn(process.execPath, [main, ...args, '--url', central.url], { env: {} })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const ended = new Promise((resolve) => child.on('close', resolve))
  await until('the first change', () => (out.includes('\n') ? true : undefined))
  await central.call('PUT', '/v1/clusters/lhr', place)
  await central.end()
  await until('a lost connection', () =>
    err.includes('central stops; trying again') ? true : undefined,
  )
  await central.start()
  await central.call('PUT', '/v1/clusters/ewr', place)
  expect(await ended).toBe(0)
  expect(out.match(/"version":\d+/g)).toEqual(['"version":1', '"version":2', '"version":3'])
})

it('what was is printed as a manifest that can be applied, and brought back after it was shown', async () => {
  await central.call('DELETE', '/v1/apps/video.example')
  const shown = await cli(['replay', '--to', '1'])
  expect(shown.out).toMatch(/^# version 1 of \S+Z, state hash [0-9a-f]{64}\n/)
  expect(parse(shown.out)).toMatchObject({
    zones: [{ apex: 'example.' }],
    apps: [{ endpoints: [{ cluster: 'sfo' }] }],
  })

  const args = ['rollback', '--to', '1', '--app', 'video.example']
  const refused = await cli(args, 'n\n')
  expect([refused.code, refused.out]).toEqual([
    1,
    '+ app video.example.\n+ endpoint video.example. sfo\n',
  ])
  const done = await cli(args, 'y\n')
  expect(done.code).toBe(0)
  expect(done.out).toMatch(/changed 2, back to version 1 of \S+ \(version 5\)\n$/)
  const again = await cli([...args, '--dry-run'])
  expect(again.out).toMatch(/^no change, all as at version 1 /)
})

it('the whole log folds to what is served', async () => {
  const { code, out } = await cli(['replay', '--verify'])
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(/^version 5: the log folds to what is served/),
  ])
})

it('the audit tells who was refused, and is exported', async () => {
  const refused = await fetch(`${central.url}/v1/clusters/sfo`, { method: 'DELETE' })
  expect(refused.status).toBe(401)
  const table = await cli(['audit', '--outcome', 'refused'])
  expect(table.out).toMatch(
    /127\.0\.0\.1 .* refused 401 {2}DELETE \/v1\/clusters\/sfo: a write needs/,
  )
  const csv = await cli(['audit', '--diff', '--export', 'csv'])
  const lines = csv.out.trimEnd().split('\r\n')
  expect(lines).toHaveLength(1 + 5 + 1)
  expect(lines[0]).toBe(
    'time,outcome,version,actor,origin,requestId,method,path,status,code,what,diff',
  )
  expect(csv.out).not.toContain(token)
  const json = await cli(['audit', '--export', 'json', '--limit', '1'])
  expect(JSON.parse(json.out)).toMatchObject({ outcome: 'accepted', actor: 'test', version: 1 })
})

it('a log is verified while central runs, and its file when it is stopped', async () => {
  const asked = await cli(['log', 'verify'])
  expect([asked.code, asked.out]).toEqual([
    0,
    expect.stringMatching(/^head +5\nhash +[0-9a-f]{64}\nchanges +5\n/),
  ])
  const dataDir = folder.file('central')
  const verify = (...more: readonly string[]) =>
    callCli(['log', 'verify', '--data-dir', dataDir, ...more])
  const locked = await verify()
  expect([locked.code, locked.err]).toEqual([
    1,
    expect.stringContaining('another central uses this log'),
  ])

  await central.end()
  expect(await verify()).toEqual(asked)
  expect((await callCli(['log', 'verify', '--data-dir', folder.path])).err).toContain(
    'has no events.sqlite',
  )

  // As a central leaves it that was moved to Kafka: its old log, and the copy of the topic.
  new LocalCopy(join(dataDir, 'events-kafka.sqlite'), 'meridian').close()
  const both = await verify()
  expect([both.code, both.err]).toEqual([
    2,
    expect.stringContaining('has events.sqlite and events-kafka.sqlite, from two drivers'),
  ])
  expect(await verify('--driver', 'sqlite')).toEqual(asked)
  expect((await verify('--driver', 'kafka')).out).toMatch(/^head +0\nhash +-\n/)
  const misplaced = await cli(['log', 'verify', '--driver', 'kafka'])
  expect([misplaced.code, misplaced.err]).toEqual([2, expect.stringContaining('--driver: says')])

  const db = new DatabaseSync(join(dataDir, 'events.sqlite'))
  db.exec(`UPDATE changes SET payload = replace(payload, '"lhr"', '"xyz"') WHERE version = 2`)
  db.close()
  const damaged = await verify('--driver', 'sqlite')
  expect([damaged.code, damaged.err]).toEqual([
    1,
    expect.stringContaining('the log is damaged at version 2'),
  ])
})
