import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../shared/errors.ts'
import { EVENT_SCHEMA, type ChangeRecord, type NewChange } from '../model/events.ts'
import type { EventLog } from './event-log.ts'

/** An empty log to test, and the ways to leave it. */
export interface LogUnderTest {
  readonly log: EventLog
  /** Opens the same log once more, after it was closed; absent when nothing outlives the close. */
  readonly reopen?: () => Promise<EventLog>
  readonly cleanup: () => Promise<void>
}

/** Makes a change of `events` events; `text` stands in its actor, so that changes can be told apart. */
export function changeOf(text: string, events = 1): NewChange {
  return {
    schema: EVENT_SCHEMA,
    atEpoch: 1_700_000_000_000,
    actor: text,
    cause: 'request-1',
    events: Array.from({ length: events }, (_, i) => ({
      type: 'endpoint-put',
      app: 'video.example.',
      endpoint: {
        cluster: `c${i}`,
        addresses: ['192.0.2.1', '2001:db8::1'],
        weight: 100,
        priority: 0,
      },
    })),
  }
}

/** What an error with a code of ours equals in `toEqual`, when its message has `text` in it. */
export function coded(code: ErrorCode, text = ''): unknown {
  const message: unknown = expect.stringContaining(text)
  return expect.objectContaining({ code, message })
}

/** What every driver of the event log promises. */
export function describeEventLog(name: string, open: () => Promise<LogUnderTest>): void {
  describe(`${name}: the contract of the event log`, () => {
    const opened: LogUnderTest[] = []
    afterEach(async () => {
      for (const { cleanup } of opened.splice(0)) await cleanup()
    })
    const openOne = async (): Promise<LogUnderTest> => {
      const under = await open()
      opened.push(under)
      return under
    }
    const openLog = async (): Promise<EventLog> => (await openOne()).log

    test('a new log is empty and has an id of its own', async () => {
      const log = await openLog()
      const other = await openLog()
      expect(log.head).toBe(0)
      expect([...log.read(0)]).toEqual([])
      expect(log.id).toMatch(/^[0-9a-f]{32}$/)
      expect(other.id).not.toBe(log.id)
    })

    test('what is appended is read back, with versions that count from 1', async () => {
      const log = await openLog()
      const first = await log.append(0, [changeOf('a')])
      const rest = await log.append(1, [changeOf('b', 3), changeOf('c')])
      const wanted = [
        { ...changeOf('a'), version: 1 },
        { ...changeOf('b', 3), version: 2 },
        { ...changeOf('c'), version: 3 },
      ]
      expect([...first, ...rest]).toEqual(wanted)
      expect([...log.read(0)]).toEqual(wanted)
      expect(log.head).toBe(3)
    })

    test.for([0, 1, 3, 4])(
      'an append that expects head %i, not 2, writes nothing',
      async (head) => {
        const log = await openLog()
        await log.append(0, [changeOf('a'), changeOf('b')])
        await expect(log.append(head, [changeOf('c')])).rejects.toEqual(
          coded('MERIDIAN_LOG_CONFLICT', `expected version ${head} as the head, it is 2`),
        )
        expect(actorsOf(log.read(0))).toEqual(['a', 'b'])
        expect(log.head).toBe(2)
      },
    )

    test('an empty append checks the head and writes nothing', async () => {
      const log = await openLog()
      await log.append(0, [changeOf('a')])
      expect(await log.append(1, [])).toEqual([])
      await expect(log.append(0, [])).rejects.toEqual(coded('MERIDIAN_LOG_CONFLICT'))
      expect(log.head).toBe(1)
    })

    test('appends that wait at once are written in the order of the calls', async () => {
      const log = await openLog()
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => log.append(i, [changeOf(`n${i}`)])),
      )
      expect(answers.map((records) => records[0]?.version)).toEqual(
        Array.from({ length: 50 }, (_, i) => i + 1),
      )
      expect(actorsOf(log.read(0))).toEqual(Array.from({ length: 50 }, (_, i) => `n${i}`))
    })

    test('a conflict among appends that wait at once fails alone', async () => {
      const log = await openLog()
      const answers = await Promise.allSettled([
        log.append(0, [changeOf('a'), changeOf('b')]),
        log.append(0, [changeOf('too late')]),
        log.append(2, [changeOf('c')]),
      ])
      expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(answers[1]).toEqual({ status: 'rejected', reason: coded('MERIDIAN_LOG_CONFLICT') })
      expect(actorsOf(log.read(0))).toEqual(['a', 'b', 'c'])
    })

    test('a change is written as it was at the moment of the call', async () => {
      const log = await openLog()
      const events = [...changeOf('a').events]
      const appended = log.append(0, [{ ...changeOf('a'), events }])
      events.push({ type: 'cluster-deleted', id: 'sfo' })
      await appended
      expect([...log.read(0)]).toEqual([{ ...changeOf('a'), version: 1 }])
    })

    test('the hashes are a chain over the id, the versions and the payloads', async () => {
      const log = await openLog()
      const changes = ['a', 'Köln', ''].map((text) => changeOf(text))
      await log.append(0, changes)
      let wanted = createHash('sha256').update(log.id).digest()
      expect(log.hashAt(0)).toBe(wanted.toString('hex'))
      for (const [i, change] of changes.entries()) {
        const version = Buffer.alloc(8)
        version.writeBigUInt64BE(BigInt(i + 1))
        const payload = JSON.stringify(change)
        wanted = createHash('sha256').update(wanted).update(version).update(payload).digest()
        expect(log.hashAt(i + 1)).toBe(wanted.toString('hex'))
      }
      for (const beyond of [4, -1, 0.5, Number.NaN]) expect(log.hashAt(beyond)).toBeUndefined()
    })

    test.for([
      { after: 1, wanted: ['b', 'c'] },
      { after: 2, wanted: ['c'] },
      { after: 3, wanted: [] },
      { after: 1000, wanted: [] },
    ])('reading after version $after yields $wanted', async ({ after, wanted }) => {
      const log = await openLog()
      await log.append(0, [changeOf('a'), changeOf('b'), changeOf('c')])
      expect(actorsOf(log.read(after))).toEqual(wanted)
    })

    test.for([-1, 0.5, Number.NaN])('reading after version %d is refused', async (after) => {
      const log = await openLog()
      expect(() => log.read(after)).toThrow(RangeError)
    })

    test('a read ends at the head of its call, whatever is appended between its steps', async () => {
      const log = await openLog()
      await log.append(
        0,
        Array.from({ length: 2500 }, (_, i) => changeOf(`n${i}`)),
      )
      const versions: number[] = []
      for (const { version } of log.read(0)) {
        versions.push(version)
        if (version % 500 === 0) await log.append(log.head, [changeOf('later')])
      }
      expect(versions).toEqual(Array.from({ length: 2500 }, (_, i) => i + 1))
      expect(log.head).toBe(2505)
    })

    test('two reads at once do not disturb each other', async () => {
      const log = await openLog()
      await log.append(
        0,
        Array.from({ length: 1500 }, (_, i) => changeOf(`n${i}`)),
      )
      const behind = log.read(700)[Symbol.iterator]()
      const pairs: string[] = []
      for (const { version } of log.read(0)) {
        const next = behind.next()
        pairs.push(next.done === true ? `${version}` : `${version} ${next.value.version}`)
      }
      expect(pairs).toEqual(
        Array.from({ length: 1500 }, (_, i) => (i < 800 ? `${i + 1} ${i + 701}` : `${i + 1}`)),
      )
    })

    test('a change of 20,000 events is one record', async () => {
      const log = await openLog()
      const big = changeOf('big', 20_000)
      await log.append(0, [big, changeOf('small')])
      const [first, second] = [...log.read(0)]
      expect(first).toEqual({ ...big, version: 1 })
      expect(second?.actor).toBe('small')
    })

    test.for([
      'Zürich · 東京 · 🗼',
      'quote " backslash \\ newline \n nul \0 line separator \u2028',
      'lone surrogate \ud800 and replacement \ufffd',
    ])('text of any kind comes back: %j', async (text) => {
      const log = await openLog()
      await log.append(0, [changeOf(text)])
      expect(actorsOf(log.read(0))).toEqual([text])
    })

    test('a record that newer software wrote is named and refused', async () => {
      const log = await openLog()
      await log.append(0, [changeOf('a'), { ...changeOf('b'), schema: EVENT_SCHEMA + 1 }])
      const read: ChangeRecord[] = []
      const readAll = (): void => {
        for (const record of log.read(0)) read.push(record)
      }
      expect(readAll).toThrow('version 2 was written by a newer version of Meridian')
      expect(read).toEqual([{ ...changeOf('a'), version: 1 }])
    })

    test('close waits for appends under way, and nothing works after it', async () => {
      const log = await openLog()
      await log.append(0, [changeOf('a'), changeOf('b')])
      const records = log.read(0)[Symbol.iterator]()
      expect(records.next().done).toBe(false)
      const appended = log.append(2, [changeOf('c')])
      await log.close()
      expect(await appended).toHaveLength(1)
      const closed = coded('MERIDIAN_LOG_UNAVAILABLE', 'the log is closed')
      await expect(log.append(3, [changeOf('d')])).rejects.toEqual(closed)
      expect(() => records.next()).toThrow('the log is closed')
      expect(() => [...log.read(0)]).toThrow('the log is closed')
      expect(() => log.hashAt(0)).toThrow('the log is closed')
      await log.close()
    })

    test('everything is there for whoever comes later, after a close too where the log outlives it', async () => {
      const { log, reopen } = await openOne()
      await log.append(0, [changeOf('a'), changeOf('b', 100)])
      const before = { id: log.id, hash: log.hashAt(2), records: [...log.read(0)] }
      if (reopen !== undefined) await log.close()
      const again = reopen === undefined ? log : await reopen()
      expect({ id: again.id, hash: again.hashAt(2), records: [...again.read(0)] }).toEqual(before)
      await again.append(2, [changeOf('c')])
      expect(actorsOf(again.read(1))).toEqual(['b', 'c'])
      await again.close()
    })
  })
}

function actorsOf(records: Iterable<ChangeRecord>): readonly string[] {
  return Array.from(records, (record) => record.actor)
}
