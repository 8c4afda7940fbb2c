import { Resolver } from 'node:dns/promises'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findCentrals, formatCentralTarget, parseCentralTarget } from './bootstrap.ts'
import { nameServerOfTest, srvRecords, txtRecords } from './name-server.fixture.ts'
import type { Records } from './name-server.fixture.ts'

const NAME = 'mesh.example'

/** The centrals that these records name, in their order. */
async function find(records: Records, random = () => 0.999): Promise<readonly string[]> {
  const server = await nameServerOfTest(records)
  const resolver = new Resolver({ timeout: 500, tries: 1 })
  resolver.setServers([server.address])
  return (await findCentrals(NAME, resolver, random)).map(formatCentralTarget)
}

const target = (name: string, priority: number, weight = 0) => ({
  target: `${name}.example`,
  port: 7053,
  priority,
  weight,
})

describe('centrals by SRV', () => {
  it('are in the order of their priorities', async () => {
    const records = srvRecords(NAME, [target('c', 20), target('a', 5), target('b', 10)])
    expect(await find(records)).toEqual(['a.example:7053', 'b.example:7053', 'c.example:7053'])
  })

  it.each([
    [0, ['light', 'heavy']],
    [0.1, ['light', 'heavy']],
    [0.5, ['heavy', 'light']],
    [0.999, ['heavy', 'light']],
  ])('of one priority are drawn by weight: %s (RFC 2782)', async (drawn, wanted) => {
    const records = srvRecords(NAME, [target('heavy', 1, 80), target('light', 1, 20)])
    const found = await find(records, () => drawn)
    expect(found).toEqual(wanted.map((name) => `${name}.example:7053`))
  })

  it('are drawn as often as their weights say', async () => {
    const records = [
      { name: 'a.example', port: 1, priority: 0, weight: 30 },
      { name: 'b.example', port: 1, priority: 0, weight: 10 },
    ]
    const resolver = {
      resolveSrv: () => Promise.resolve(records),
      resolveTxt: () => Promise.resolve([]),
    }
    let first = 0
    for (let i = 0; i < 1_000; i++) {
      const [best] = await findCentrals(NAME, resolver, () => i / 1_000)
      if (best?.host === 'a.example') first++
    }
    expect(Math.abs(first - 750)).toBeLessThan(20)
  })

  it('are sixteen at most', async () => {
    const list = Array.from({ length: 20 }, (_, i) => target(`c${i}`, i))
    expect(await find(srvRecords(NAME, list))).toHaveLength(16)
  })

  it('go before those of TXT', async () => {
    const records = {
      ...srvRecords(NAME, [target('srv', 0)]),
      ...txtRecords(NAME, ['central=txt.example:7053']),
    }
    expect(await find(records)).toEqual(['srv.example:7053'])
  })

  it('a target of the root says that there is none, whatever TXT says', async () => {
    const records = {
      ...srvRecords(NAME, [{ target: '.', port: 0 }]),
      ...txtRecords(NAME, ['central=txt.example:7053']),
    }
    await expect(find(records)).rejects.toThrow('_meridian-central._tcp.mesh.example names no')
  })
})

describe('centrals by TXT', () => {
  it('are those that can be, sixteen at most, always in one order', async () => {
    const good = Array.from({ length: 18 }, (_, i) => `central=c${i + 10}.example:7053`)
    const bad = ['v=spf1 -all', 'central=', 'central=c.example', 'central=c.example:70530']
    const found = await find(txtRecords(NAME, [...bad, ...good.toReversed()]))
    expect(found).toEqual(good.slice(0, 16).map((text) => text.slice('central='.length)))
  })

  it('may be addresses', async () => {
    const records = txtRecords(NAME, ['central=192.0.2.1:7053', 'central=[2001:db8::1]:7053'])
    expect(await find(records)).toEqual(['192.0.2.1:7053', '[2001:db8::1]:7053'])
  })
})

it('where neither names one it is said why', async () => {
  await expect(find({})).rejects.toThrow(
    /^neither SRV of _meridian-central\._tcp\.mesh\.example \(.*ENOTFOUND.*\) nor TXT of mesh\.example \(/,
  )
  await expect(find(txtRecords(NAME, ['x']))).rejects.toThrow('no central=host:port')
})

it.each([
  'central',
  'central.example',
  'central.example:0',
  'central.example:70000',
  ':7053',
  '..:7053',
  'a..example:7053',
  '2001:db8::1:7053',
  '[192.0.2.1]:7053',
  '[::g]:7053',
  'a b:7053',
  'http://central.example:7053',
])('%s is no central', (text) => {
  expect(parseCentralTarget(text)).toBe(undefined)
})

it('what is no central is never one, and what is one keeps its text', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.domain().map((name) => `${name}:7053`),
      ),
      (text) => {
        const parsed = parseCentralTarget(text)
        if (parsed === undefined) return
        expect(parseCentralTarget(formatCentralTarget(parsed))).toEqual(parsed)
      },
    ),
  )
  expect(parseCentralTarget('central.example.:7053')).toEqual({
    host: 'central.example',
    port: 7053,
  })
})
