import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import type { FakeCentral } from './cli.fixture.ts'
import { callCli, createFolder, startFakeCentral } from './cli.fixture.ts'

const folder = createFolder()
afterAll(folder.remove)

const head = '$TTL 60\n@ SOA ns box 7 2 3 4 5\n  NS ns\nns A 192.0.2.1\n'
const zonePath = 'GET /v1/zones/example.'
const done = (version: number) => ({
  body: { version, changed: 1, dryRun: false },
  headers: { 'meridian-version': String(version) },
})

function importFile(central: FakeCentral, text: string, ...args: readonly string[]) {
  writeFileSync(join(folder.path, 'z'), text)
  const all = ['zone', 'import', 'z', '--zone', 'example', ...args, '--url', central.url]
  return callCli(all, { cwd: folder.path })
}

it('what central has of the zone beside a zone file stays, and must not have changed', async () => {
  const policy = ['nearest']
  const central = await startFakeCentral({
    [zonePath]: { body: { apex: 'example.', policy, version: 12, serial: 40 } },
    'POST /v1/changes': done(41),
  })
  const { out } = await importFile(central, head)
  expect(out).toBe(
    'zone example.: 1 rrsets in one change set, changed 1 (version 41), serial 40 by the log of central, 7 in the file\n',
  )
  expect(central.seen[1]?.body).toEqual({
    zones: [
      {
        apex: 'example.',
        ns: ['ns.example.'],
        nsTtl: 60,
        soa: {
          mname: 'ns.example.',
          rname: 'box.example.',
          refresh: 2,
          retry: 3,
          expire: 4,
          minimum: 5,
          ttl: 60,
        },
        policy,
      },
    ],
    records: [{ name: 'ns.example.', type: 'A', ttl: 60, rdata: ['192.0.2.1'] }],
    deletes: { records: [] },
    preconditions: [{ kind: 'zone', id: 'example.', version: 12 }],
  })
  await central.close()
})

it('more than a hundred thousand rrsets go in several change sets, and what was done is said', async () => {
  const path = 'POST /v1/changes?diff=false'
  const late = { status: 412, body: { status: 412, detail: 'zone example. is at version 9' } }
  const central = await startFakeCentral({ [path]: [done(5), done(6), late] })
  const { code, err } = await importFile(central, `${head}$GENERATE 1-100000 h$ A 192.0.2.2\n`)
  expect(code).toBe(1)
  expect(err).toMatch(
    /^imported 20000 of 100001 rrsets\nimported 40000 of 100001 rrsets\nerror: .* zone example\. is at version 9; this was change set 3 of 6, the 2 before it are done and stay\n$/,
  )
  const bodySchema = z.object({
    preconditions: z.array(z.unknown()),
    records: z.array(z.unknown()),
  })
  const bodies = central.seen.slice(1).map(({ body }) => bodySchema.parse(body))
  expect(bodies.map(({ records }) => records.length)).toEqual([20_000, 20_000, 20_000])
  expect(bodies.map(({ preconditions }) => preconditions)).toEqual([
    [{ kind: 'zone', id: 'example.', absent: true }],
    [],
    [],
  ])
  await central.close()
})

it('warnings of the file are told, and do not hold it up', async () => {
  const central = await startFakeCentral({
    [zonePath]: [{ status: 404 }, { body: { version: 1, serial: 1 } }],
    'POST /v1/changes': done(1),
  })
  const { code, err } = await importFile(central, `${head}a A 192.0.2.1\na A 192.0.2.1\n`)
  expect([code, err]).toEqual([
    0,
    'warning: z:6:3: a.example. A stands in the zone already with the same data (duplicate)\n',
  ])
  await central.close()
})

it.each([
  ['a file that is not there', ['zone', 'import', 'none'], 'none cannot be read'],
  ['a zone that is no name', ['zone', 'import', 'z', '--zone', 'a..b'], 'has an empty label'],
])('%s ends with 2', async (_what, args, said) => {
  const { code, err } = await callCli(args, { cwd: folder.path })
  expect(code).toBe(2)
  expect(err).toContain(said)
})
