import { expect, it } from 'vitest'
import { Changer } from './changer.ts'
import { nameOfApp } from './workload.ts'

it('an app has another address after each change', async () => {
  const calls: (readonly [method: string, path: string, body?: unknown])[] = []
  const call = (...args: readonly [string, string, unknown?]): Promise<Record<string, unknown>> => {
    calls.push(args)
    return Promise.resolve({})
  }
  const changer = new Changer({ call }, 'sfo')
  const changes = [3, 4, 3].map((number) => changer.change(number))
  await Promise.all(changes.map(({ written }) => written))

  const [first, other, second] = changes
  expect(first?.name).toBe(nameOfApp(3))
  expect(other?.name).toBe(nameOfApp(4))
  expect(second?.address).not.toBe(first?.address)
  expect([...changer.addresses]).toEqual([
    [3, second?.address],
    [4, other?.address],
  ])
  const path = `/v1/apps/${nameOfApp(3)}/endpoints/sfo`
  expect(calls[2]).toEqual(['PUT', path, { addresses: [second?.address] }])
})
