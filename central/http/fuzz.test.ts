import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeCursor } from './pages.ts'
import { problemIn, smallMesh, startServer } from './server.fixture.ts'

/** Values that stand in good bodies, so that a body comes past the first check now and then. */
const known = fc.constantFrom<unknown>(
  'sfo',
  'video.example',
  'example',
  '192.0.2.1',
  '192.0.2.0/24',
  1,
  0,
  -1,
  1e99,
  '',
)
const key = fc.constantFrom(
  ...'clusters zones networks apps endpoints id apex name cluster addresses ns latitude'.split(' '),
  ...'longitude prefixes ttl min max soa policy weight __proto__ x'.split(' '),
)
const body = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    known,
    fc.jsonValue(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5 }),
  ),
})).value

/** A good manifest with one value, anywhere in it, replaced. */
const nearlyGood = fc.tuple(fc.nat(30), body).map(([nth, value]) => {
  let at = 0
  return JSON.stringify(smallMesh, (_key, part: unknown) => (at++ === nth ? value : part))
})

const routes = [
  ['PUT', '/v1/clusters/sfo'],
  ['PUT', '/v1/zones/example'],
  ['PUT', '/v1/apps/video.example'],
  ['PUT', '/v1/apps/video.example/endpoints/sfo'],
  ['PUT', '/v1/networks/office'],
  ['PUT', '/v1/register'],
  ['PUT', '/v1/maintenance/sfo-1'],
  ['POST', '/v1/renewals'],
  ['POST', '/v1/changes?prune=true'],
] as const

test('no JSON makes central fail', async () => {
  const { call } = await startServer()
  await call('POST', '/v1/changes', { body: smallMesh })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...routes), body, async ([method, path], body) => {
      const answer = await call(method, path, { text: JSON.stringify(body) })
      const status = answer.status < 400 ? answer.status : problemIn(answer).status
      expect(answer.status).toBe(status)
      expect(status).toBeLessThan(500)
    }),
    { numRuns: 200 },
  )
})

test('no nearly good manifest makes central fail', async () => {
  const { call } = await startServer()
  const seen = new Set<number>()
  await fc.assert(
    fc.asyncProperty(nearlyGood, async (text) => {
      const { status } = await call('POST', '/v1/changes?prune=true', { text })
      seen.add(status)
      expect(status).toBeLessThan(500)
    }),
    { numRuns: 150 },
  )
  expect([...seen]).toEqual(expect.arrayContaining([200, 422]))
})

test('no path or query makes central fail', async () => {
  const { call } = await startServer()
  await call('POST', '/v1/changes', { body: smallMesh })
  const part = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => encodeURIComponent(text))
  const path = fc.oneof(
    fc
      .tuple(fc.constantFrom('clusters', 'zones', 'apps', 'edges', 'versions'), part)
      .map((parts) => parts.join('/')),
    fc.tuple(part, part).map(([name, cluster]) => `apps/${name}/endpoints/${cluster}`),
    fc
      .tuple(
        fc.constantFrom('clusters', 'events', 'status', 'health', 'machines', 'register', 'forced'),
        part,
        part,
      )
      .map(([list, key, value]) => `${list}?${key}=${value}`),
    fc
      .tuple(
        fc.constantFrom('apps', 'health', 'apps/video.example/health', 'forced', 'machines'),
        fc.oneof(part, fc.string().map(encodeCursor)),
      )
      .map(([list, after]) => `${list}?after=${after}`),
  )
  await fc.assert(
    fc.asyncProperty(path, async (path) => {
      // A version that is to come may be waited for, and that is no failure.
      const answer = await call(
        'GET',
        `/v1/${path}${path.startsWith('versions') ? '?waitSeconds=x' : ''}`,
      )
      expect(answer.status).toBeLessThan(500)
    }),
    { numRuns: 200 },
  )
})
