import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import type { Attempt } from './attempt.ts'
import { AuditStore } from './audit-store.ts'

const attempt = (more: Partial<Attempt> = {}): Attempt => ({
  atEpoch: 1_700_000_000_000,
  version: 1,
  actor: 'ops',
  origin: '192.0.2.1',
  cause: 'request-1',
  method: 'PUT',
  path: '/v1/clusters/sfo',
  status: 409,
  code: 'cluster-in-use',
  detail: 'cluster sfo has 1 endpoints',
  ...more,
})

function createFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-audit-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'audit.sqlite')
}

const parts = { clock: new ManualClock(), logger: createLogger('silent', {}) }
const all = { after: { version: 0, id: 0 }, untilVersion: Infinity, limit: 1_000 }

async function open(options: Partial<ConstructorParameters<typeof AuditStore>[0]> = {}) {
  const store = new AuditStore({ file: ':memory:', ...parts, ...options })
  await store.start()
  return store
}

test('what was noted is there after a restart', async () => {
  const file = createFile()
  const store = await open({ file })
  store.note(attempt())
  await store.stop()
  const again = await open({ file })
  expect(again.refused(all)).toEqual([{ id: 1, ...attempt() }])
  await again.stop()
})

test('the oldest go when there are too many; those without a token push out no other', async () => {
  const store = await open({ bounds: { attemptsMax: 3, anonymousMax: 2 } })
  for (let i = 1; i <= 5; i++) store.note(attempt({ cause: `ops-${i}` }))
  for (let i = 1; i <= 9; i++) store.note(attempt({ actor: '', cause: `anonymous-${i}` }))
  const causes = store.refused(all).map(({ cause }) => cause)
  expect(causes).toEqual(['ops-3', 'ops-4', 'ops-5', 'anonymous-8', 'anonymous-9'])
})

test('a flood without a token is counted and not kept, until some time has passed', async () => {
  const clock = new ManualClock()
  const store = await open({ clock })
  for (let i = 0; i < 1_000; i++) store.note(attempt({ actor: '' }))
  store.flush()
  expect(store.stats).toEqual({ written: 200, lost: 800 })
  clock.advance(100)
  for (let i = 0; i < 10; i++) store.note(attempt({ actor: '' }))
  store.note(attempt())
  store.flush()
  expect(store.stats).toEqual({ written: 203, lost: 808 })
})

test('long texts are cut', async () => {
  const store = await open()
  store.note(attempt({ path: 'x'.repeat(20_000), detail: 'y'.repeat(20_000) }))
  const [kept] = store.refused(all)
  expect([kept?.path.length, kept?.detail.length]).toEqual([500, 500])
})

test('an accepted attempt is found by its version and request', async () => {
  const store = await open()
  store.note(attempt({ version: 7, cause: 'a', status: 201 }))
  expect(store.accepted(7, 'a')).toMatchObject({ origin: '192.0.2.1' })
  expect([store.accepted(7, 'b'), store.accepted(8, 'a'), store.refused(all)]).toEqual([
    undefined,
    undefined,
    [],
  ])
})

test('a table that takes nothing is counted, and serving goes on', async () => {
  const file = createFile()
  const store = await open({ file })
  const other = new DatabaseSync(file)
  other.exec('DROP TABLE attempts')
  other.close()
  store.note(attempt())
  store.flush()
  expect(store.stats).toEqual({ written: 0, lost: 1 })
  await store.stop()
})

test('a file that is something else is refused, and left as it is', async () => {
  const file = createFile()
  writeFileSync(
    file,
    'something else, and long enough to be looked at as a database of SQLite'.repeat(20),
  )
  await expect(open({ file })).rejects.toMatchObject({ code: 'MERIDIAN_AUDIT_UNAVAILABLE' })
  const other = createFile()
  const db = new DatabaseSync(other)
  db.exec('CREATE TABLE notes (text TEXT)')
  db.close()
  await expect(open({ file: other })).rejects.toThrow('not an audit of Meridian')
})
