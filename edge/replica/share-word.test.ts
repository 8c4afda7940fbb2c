import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Endpoint } from '../../shared/rpc/generated/meridian/v1/Endpoint.ts'
import { loadProto } from '../../shared/rpc/proto.ts'
import { checkChange } from './check.ts'
import type { ReplicaApp } from './model.ts'
import { createEntry } from './names.ts'
import { PackIds } from './pack-ids.ts'
import { isSharedApp, packedWords, readApp, writeApp } from './packed-app.ts'
import { jsonOfApp } from './packed-json.ts'
import { readShareWord, shareWord } from './share-word.ts'
import { appLine, parseLine } from './snapshot-line.ts'

const shareArbitrary = fc.record(
  {
    load: fc.integer({ min: 0, max: 1_000 }),
    withheld: fc.integer({ min: 1, max: 100 }),
    fallback: fc.constant(true as const),
  },
  { requiredKeys: [] },
)
const appArbitrary: fc.Arbitrary<ReplicaApp> = fc
  .array(
    fc.record({
      share: shareArbitrary,
      addresses: fc.subarray(['192.0.2.1', '2001:db8::1']),
      owner: fc.constantFrom(undefined, 'team'),
      state: fc.constantFrom(undefined, 'draining' as const, 'disabled' as const),
      forced: fc.boolean(),
    }),
    { maxLength: 4 },
  )
  .map((list) => ({
    policy: 'nearest',
    ttlMin: 5,
    ttlMax: 604_800,
    health: { enoughUpPercent: 100, failClosed: true, trustMs: 36_000_000 },
    endpoints: list.map(({ share, addresses, owner, state, forced }, i) => ({
      cluster: `c${i}`,
      addresses,
      weight: 1_000_000,
      priority: 65_535,
      ...(owner === undefined ? {} : { owner }),
      ...(state === undefined ? {} : { state }),
      ...(forced ? { health: 'down' as const, forced: true as const } : {}),
      ...share,
    })),
  }))

describe('the share of an endpoint', () => {
  it('is read back out of its number', () => {
    fc.assert(
      fc.property(shareArbitrary, (share) => {
        expect(readShareWord(shareWord(share))).toEqual(share)
      }),
    )
    expect(shareWord({})).toBe(0)
  })

  it.each([
    ['a load beyond the highest', shareWord({ load: 1_001 })],
    ['more than all withheld', shareWord({ withheld: 101 })],
  ])('is not %s', (_what, word) => {
    expect(readShareWord(word)).toBeUndefined()
  })

  it('stays with an app in packed form, in a snapshot, and in a snapshot of packed apps', () => {
    let plain = 0
    fc.assert(
      fc.property(appArbitrary, (app) => {
        const ids = new PackIds()
        const size = packedWords(app, ids) ?? 0
        const words = new Int32Array(size + 8).fill(-1)
        writeApp(words, 3, app, ids)
        // Nothing is written behind it.
        expect(words.subarray(3 + size).every((word) => word === -1)).toBe(true)
        const packed = { words, at: 3 }
        expect(readApp(packed, ids)).toEqual(app)
        const isShared = app.endpoints.some(
          ({ withheld, fallback }) => withheld !== undefined || fallback === true,
        )
        expect(isSharedApp(words, 3)).toBe(isShared)
        if (!isShared) plain++

        const state = { kind: 'app' as const, name: 'video.example.', version: 7, app }
        const entry = createEntry(state, { isWatched: true, expiresAt: Infinity })
        const line = JSON.stringify(appLine(entry))
        expect(`["video.example.",7,${jsonOfApp(packed, ids)}]`).toBe(line)
        expect(parseLine(JSON.parse(line))).toEqual({ ok: true, line: { is: 'app', state } })
      }),
    )
    expect(plain).toBeGreaterThan(0)
  })

  it('costs apps without one nothing', () => {
    const ids = new PackIds()
    const one = { cluster: 'sfo', addresses: ['192.0.2.1'], weight: 100, priority: 0 }
    const app = { policy: 'nearest', ttlMin: 5, ttlMax: 30, endpoints: [one] }
    expect(packedWords(app, ids)).toBe(7)
    expect(packedWords({ ...app, endpoints: [{ ...one, load: 0 }] }, ids)).toBe(8)
  })

  it('is refused in a snapshot where it is none', () => {
    const state = 4 * shareWord({ withheld: 101 })
    const endpoint = ['sfo', 1, 0, 0, '', 1, state, '192.0.2.1']
    const line = ['video.example.', 7, 'nearest', 5, 30, 0, endpoint]
    expect(parseLine(line)).toMatchObject({ ok: false })
    expect(parseLine(line.with(6, endpoint.with(6, 0)))).toMatchObject({ ok: true })
  })
})

const { Watch } = loadProto().meridian.v1.Sync.service

/** What the edge makes of an endpoint, as it comes over the wire. */
function receive(endpoint: Endpoint): unknown {
  const app = { policy: 'nearest', ttlMin: 5, ttlMax: 30, endpoints: [endpoint] }
  const names = [{ name: 'video.example.', kind: 'APP' as const, version: 1, app }]
  const wire = Watch.responseSerialize({ change: { version: 1, names } })
  const { change } = Watch.responseDeserialize(wire)
  if (!change) throw new TypeError('no change came')
  const [state] = checkChange(change).names
  return state?.kind === 'app' ? state.app.endpoints[0] : undefined
}

describe('the share that central tells', () => {
  const endpoint = { cluster: 'sfo', addresses: ['192.0.2.1'], weight: 1 }
  const base = { ...endpoint, priority: 0 }

  it.each([
    ['nothing of it', {}, {}],
    ['load 0', { load: 1 }, { load: 0 }],
    ['the highest load', { load: 1_001 }, { load: 1_000 }],
    ['all withheld', { withheldPercent: 100 }, { withheld: 100 }],
    ['a fallback set', { fallback: true }, { fallback: true }],
    [
      'all of it, beside health',
      { load: 51, withheldPercent: 20, fallback: true, health: 'UP' as const },
      { load: 50, withheld: 20, fallback: true, health: 'up' },
    ],
  ])('%s', (_what, told, wanted) => {
    expect(receive({ ...endpoint, ...told })).toEqual({ ...base, ...wanted })
  })

  it.each([
    [{ load: 1_002 }, 'endpoint.load: 1002, wanted is 0..1001'],
    [{ withheldPercent: 101 }, 'endpoint.withheld_percent: 101, wanted is 0..100'],
  ])('is refused: %j', (told, message) => {
    expect(() => receive({ ...endpoint, ...told })).toThrow(message)
  })
})
