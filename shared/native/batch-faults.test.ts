import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const { EAGAIN, EBADF, ECONNREFUSED, EHOSTUNREACH, EINTR, ENOBUFS, EPERM } = constants.errno
const folder = mkdtempSync(join(tmpdir(), 'meridian-faults-'))
const library = join(folder, 'faults.so')
const fixture = (name: string): string => join(import.meta.dirname, name)

beforeAll(() => {
  const args = ['-shared', '-fPIC', '-o', library, fixture('faults-fixture.c'), '-ldl']
  execFileSync(process.env['CC'] ?? 'cc', args)
})
afterAll(() => rmSync(folder, { recursive: true }))

function run(faults: { readonly send?: readonly number[]; readonly receive?: readonly number[] }) {
  const preload = [process.env['LD_PRELOAD'], library].filter((name) => name !== undefined)
  const env = {
    ...process.env,
    LD_PRELOAD: preload.join(' '),
    SEND_FAULTS: (faults.send ?? []).join(' '),
    RECEIVE_FAULTS: (faults.receive ?? []).join(' '),
  }
  const printed: unknown = JSON.parse(
    execFileSync(process.execPath, [fixture('faults-fixture.ts')], { env, encoding: 'utf8' }),
  )
  return printed
}

describe('sending', () => {
  it.each([
    { what: 'no fault', send: [], wanted: { answers: 'ABCDE' } },
    { what: 'only a part is taken', send: [-1, -2], wanted: { answers: 'ABCDE' } },
    { what: 'a signal', send: [EINTR, -1, EINTR], wanted: { answers: 'ABCDE' } },
    { what: 'no room, then room', send: [-1, EAGAIN, EAGAIN], wanted: { answers: 'ABCDE' } },
    {
      what: 'no room for long: the rest of the batch is dropped',
      send: [-1, ...Array.from({ length: 6 }, () => EAGAIN)],
      wanted: { answers: 'AE', sent: 2, sendDropped: 3, sendErrors: 0 },
    },
    {
      what: 'a full queue: one answer is dropped',
      send: [-1, ENOBUFS],
      wanted: { answers: 'ACDE', sent: 4, sendDropped: 1, sendErrors: 0 },
    },
    {
      what: 'ICMP and a firewall: one answer each',
      send: [ECONNREFUSED, -1, EPERM, EHOSTUNREACH],
      wanted: { answers: 'BE', sent: 2, sendDropped: 0, sendErrors: 3 },
    },
  ])('$what', ({ send, wanted }) => {
    expect(run({ send })).toMatchObject({ received: 'abcde', ...wanted })
  })
})

describe('receiving', () => {
  it.each([
    { what: 'a signal', receive: [EINTR], wanted: { receiveErrors: 0 } },
    { what: 'ICMP', receive: [ECONNREFUSED, EHOSTUNREACH], wanted: { receiveErrors: 2 } },
    { what: 'no memory', receive: [-2, ENOBUFS], wanted: { receiveErrors: 1, batches: 3 } },
    { what: 'a wait for nothing', receive: [EAGAIN, EAGAIN, 0], wanted: { receiveErrors: 0 } },
  ])('$what: goes on', ({ receive, wanted }) => {
    expect(run({ receive })).toMatchObject({ received: 'abcde', answers: 'ABCDE', ...wanted })
  })

  it('a socket that is none any more is an error, not a loop without end', () => {
    expect(run({ receive: [EBADF] })).toMatchObject({ error: 'receive EBADF', received: '' })
  })
})
