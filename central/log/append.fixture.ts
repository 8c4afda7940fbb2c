import { writeSync } from 'node:fs'
import { EVENT_SCHEMA, type NewChange } from '../model/events.ts'
import { openSqliteLog } from './sqlite-log.ts'

/*
 * A process that appends to a log, for tests that kill it or take its disk away:
 *
 *   node append.fixture.ts FILE            one change after the other without end
 *   node append.fixture.ts FILE 10 10+900  one turn for each argument: changes of so many bytes,
 *                                          those joined by + are appended at once
 *
 * It prints a line for each append that was answered, in order: the head after it, and `ok` or the code.
 */

const STDOUT = 1

function changeOfSize(bytes: number): NewChange {
  const app = 'x'.repeat(bytes)
  return {
    schema: EVENT_SCHEMA,
    atEpoch: 1_700_000_000_000,
    actor: 'fixture',
    cause: 'test',
    events: [{ type: 'app-deleted', name: app }],
  }
}

function codeOf(reason: unknown): string {
  return reason instanceof Error && 'code' in reason ? String(reason.code) : String(reason)
}

const [, , file = '', ...turns] = process.argv
const log = await openSqliteLog(file)

for (let i = 0; turns.length === 0 || i < turns.length; i++) {
  const sizes = (turns[i] ?? '300').split('+').map(Number)
  const { head } = log
  const answers = await Promise.allSettled(
    sizes.map((size, k) => log.append(head + k, [changeOfSize(size)])),
  )
  for (const answer of answers) {
    const outcome = answer.status === 'fulfilled' ? 'ok' : codeOf(answer.reason)
    // Written at once, not when the event loop comes to it: the parent believes what it reads.
    writeSync(STDOUT, `${log.head} ${outcome}\n`)
  }
}
await log.close()
