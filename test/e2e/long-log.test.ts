import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openSqliteLog } from '../../central/log/sqlite-log.ts'
import { EVENT_SCHEMA } from '../../central/model/events.ts'
import { CentralUnderTest, TestFolder } from '../support/mesh.ts'
import { meridian } from '../support/program.ts'

/** Enough for the check of the log to have a thread of its own. */
const RECORDS = 12_000

let folder: TestFolder
let central: CentralUnderTest

beforeEach(async () => {
  folder = new TestFolder()
  central = new CentralUnderTest(folder)
  const log = await openSqliteLog(folder.file('central/events.sqlite'))
  await log.append(
    0,
    Array.from({ length: RECORDS }, (_, i) => ({
      schema: EVENT_SCHEMA,
      atEpoch: 1_700_000_000_000,
      actor: 'test',
      cause: `request-${i}`,
      events: [
        {
          type: 'cluster-put' as const,
          cluster: {
            id: `c${i % 10}`,
            latitude: i % 90,
            longitude: 0,
            addresses: [],
            state: 'active' as const,
          },
        },
      ],
    })),
  )
  await log.close()
})
afterEach(async () => {
  await central.end('SIGKILL')
  folder.remove()
})

it('central with a long log is up before it was checked, and takes writes', async () => {
  await central.start()
  expect(await central.version()).toBe(RECORDS)
  await central.call('DELETE', '/v1/clusters/c3')
  expect(await central.version()).toBe(RECORDS + 1)
})

it('central with a long log that is damaged before its snapshot ends, and says where', async () => {
  await central.start()
  // Waits for the check; the end writes the snapshot, and what comes before it is not replayed any more.
  await central.call('DELETE', '/v1/clusters/c3')
  await central.end('SIGTERM')
  const db = new DatabaseSync(folder.file('central/events.sqlite'), { defensive: false })
  db.exec("UPDATE changes SET payload = replace(payload, 'test', 'tess') WHERE version = 100")
  db.close()
  const config = folder.file('central.yaml')
  const { code, stderr } = await meridian(['central', '--config', config])
  expect(stderr).toContain('MERIDIAN_LOG_DAMAGED')
  expect(stderr).toContain('damaged at version 100: the hash stored is')
  expect(code).toBe(1)
})
