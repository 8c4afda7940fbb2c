import { expect, it } from 'vitest'
import { UntoldRoundTrips } from './untold.ts'

const published = (values: Readonly<Record<string, number>>): ReadonlyMap<string, number> =>
  new Map(Object.entries(values))

it('has what is published, in µs, and each once', () => {
  const untold = new UntoldRoundTrips()
  untold.put(published({ sfo: 0.001, lhr: 131.072 }))
  expect(untold.take(10)).toEqual([
    { cluster: 'sfo', microseconds: 1 },
    { cluster: 'lhr', microseconds: 131_072 },
  ])
  expect(untold.take(10)).toEqual([])
})

it('has what has changed since, and 0 for what is not known any more', () => {
  const untold = new UntoldRoundTrips()
  untold.put(published({ sfo: 1, lhr: 130, nrt: 110 }))
  untold.take(10)
  untold.put(published({ sfo: 1, nrt: 180, fra: 150 }))
  expect(untold.take(10)).toEqual([
    { cluster: 'lhr', microseconds: 0 },
    { cluster: 'nrt', microseconds: 180_000 },
    { cluster: 'fra', microseconds: 150_000 },
  ])
})

it('has nothing of what came and went unseen', () => {
  const untold = new UntoldRoundTrips()
  untold.put(published({ sfo: 1 }))
  untold.put(published({}))
  expect(untold.take(10)).toEqual([])
})

it('has all again for a new stream, and nothing of what the old one was told', () => {
  const untold = new UntoldRoundTrips()
  untold.put(published({ sfo: 1, lhr: 130 }))
  untold.take(10)
  untold.put(published({ sfo: 1 }))
  untold.reset()
  expect(untold.take(10)).toEqual([{ cluster: 'sfo', microseconds: 1_000 }])
})

it('gives out as many as are wanted, the forgotten ones first', () => {
  const untold = new UntoldRoundTrips()
  untold.put(published({ a: 1, b: 2, c: 3 }))
  untold.take(10)
  untold.put(published({ d: 4, e: 5 }))
  const parts = [untold.take(2), untold.take(2), untold.take(2), untold.take(2)]
  expect(parts.map((part) => part.map(({ cluster }) => cluster).join(''))).toEqual([
    'ab',
    'cd',
    'e',
    '',
  ])
})
