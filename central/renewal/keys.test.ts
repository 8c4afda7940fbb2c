import { createSecretKey } from 'node:crypto'
import { expect, it } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import type { MachineKey } from '../model/events.ts'
import { vm1, vm2 } from '../model/machines.fixture.ts'
import type { IssuedKey } from './keys.ts'
import { RenewalKeys } from './keys.ts'

const MINUTE_MS = 60_000
const latin1 = ({ handle }: IssuedKey): string => Buffer.from(handle, 'hex').toString('latin1')

function start(keysMax?: number): { readonly clock: ManualClock; readonly keys: RenewalKeys } {
  const clock = new ManualClock()
  clock.advance(1)
  return { clock, keys: new RenewalKeys(clock, keysMax) }
}

it('a key is found by its handle, with its secret and what it is for', () => {
  const { keys } = start()
  const issued = keys.issue(vm1, { version: 7, address: '192.0.2.1' })
  expect(issued.handle).toMatch(/^[0-9a-f]{16}$/)
  expect(issued.secret).toMatch(/^[\w-]{43}$/)
  const found = keys.find(latin1(issued))
  expect(found).toMatchObject({
    at: vm1,
    as: { version: 7, address: '192.0.2.1' },
    sequence: -1,
  })
  const told = createSecretKey(Buffer.from(issued.secret, 'base64url'))
  expect(found?.secret.equals(told)).toBe(true)
})

it('every key is another, also for one machine, and each goes by itself', () => {
  const { keys } = start()
  const issued = Array.from({ length: 100 }, () => keys.issue(vm1, { version: 1 }))
  expect(new Set(issued.map(({ handle }) => handle)).size).toBe(100)
  expect(new Set(issued.map(({ secret }) => secret)).size).toBe(100)
  const [first, ...others] = issued.map(latin1)
  keys.forget(first ?? '')
  expect([keys.find(first ?? ''), keys.size]).toEqual([undefined, 99])
  expect(others.every((handle) => keys.find(handle) !== undefined)).toBe(true)
})

it('a key lives for an hour after its last use', () => {
  const { clock, keys } = start()
  const [used, unused] = [vm1, vm2].map((at) => latin1(keys.issue(at, { version: 1 })))
  for (let minutes = 0; minutes < 180; minutes += 59) {
    clock.advance(59 * MINUTE_MS)
    expect(keys.find(used ?? '')).toMatchObject({ at: vm1 })
  }
  keys.purge()
  expect([keys.find(unused ?? ''), keys.size]).toEqual([undefined, 1])
  clock.advance(61 * MINUTE_MS)
  expect(keys.find(used ?? '')).toBe(undefined)
})

it('there are so many, and it is the one unused for longest that goes', () => {
  const { keys } = start(3)
  const at = (i: number): MachineKey => ({ ...vm1, machine: `vm-${i}` })
  const handles = [0, 1, 2].map((i) => latin1(keys.issue(at(i), { version: 1 })))
  keys.find(handles[0] ?? '')
  keys.issue(at(3), { version: 1 })
  expect(handles.map((handle) => keys.find(handle)?.at.machine)).toEqual([
    'vm-0',
    undefined,
    'vm-2',
  ])
  expect(keys.size).toBe(3)
})
