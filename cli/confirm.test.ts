import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { callCli, createFolder, startFakeCentral } from './cli.fixture.ts'

const folder = createFolder()
afterAll(folder.remove)
writeFileSync(
  join(folder.path, 'm.yaml'),
  'records:\n  - { name: a.example, type: A, ttl: 60, rdata: [192.0.2.1] }\n',
)

it('apply sends records, and says that a change is meant', async () => {
  const diff = [{ action: 'create', kind: 'rrset', id: 'a.example. A' }]
  const body = { version: 2, changed: 1, diff, dryRun: false }
  const central = await startFakeCentral({
    'POST /v1/changes?prune=true&confirm=true': { body },
  })
  const args = [
    'apply',
    '-f',
    join(folder.path, 'm.yaml'),
    '--prune',
    '--confirm',
    '--url',
    central.url,
  ]
  expect(await callCli(args, { cwd: folder.path })).toEqual({
    code: 0,
    out: '+ rrset a.example. A\nchanged 1 (version 2)\n',
    err: '',
  })
  expect(central.seen[0]?.body).toEqual({
    records: [{ name: 'a.example', type: 'A', ttl: 60, rdata: ['192.0.2.1'] }],
  })
  await central.close()
})

it('a dry run of apply says that the change has to be confirmed', async () => {
  const guarded = 'the change takes 30 of 30 rrsets'
  const central = await startFakeCentral({
    'POST /v1/changes?dryRun=true': {
      body: { version: 2, changed: 30, diff: [], dryRun: true, guarded },
    },
  })
  const args = ['apply', '-f', join(folder.path, 'm.yaml'), '--dry-run', '--url', central.url]
  const { out } = await callCli(args, { cwd: folder.path })
  expect(out).toBe(`would change 30 (version 2 stays); refused without --confirm: ${guarded}\n`)
  await central.close()
})

it('a zone is deleted with its records when that is asked for and confirmed', async () => {
  const line = 'DELETE /v1/zones/example.?cascade=true&confirm=true'
  const headers = { 'meridian-version': '9' }
  const central = await startFakeCentral({ [line]: { status: 204, headers } })
  const args = ['zones', 'delete', 'example', '--cascade', '--confirm', '--url', central.url]
  expect((await callCli(args)).out).toBe('deleted zone example. (version 9)\n')
  await central.close()
})
