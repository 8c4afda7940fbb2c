import { describe, expect, it } from 'vitest'
import { parentOf } from '../dns/name.ts'
import { standingOf } from './standing.ts'
import type { Standing } from './standing.ts'

/** A zone by the types that its names have. */
function zoneWith(
  names: Readonly<Record<string, string>>,
): (name: string, isDs?: boolean) => Standing<string> {
  const has = (name: string, type: string): boolean =>
    names[name]?.split(' ').includes(type) === true
  const nodes = {
    parentOf: (name: string) => parentOf(name) ?? '.',
    wildcardOf: (name: string) => `*.${name}`,
    exists: (name: string) =>
      Object.keys(names).some((it) => it === name || it.endsWith(`.${name}`)),
    isCut: (name: string) => has(name, 'NS'),
    isRedirect: (name: string) => has(name, 'DNAME'),
  }
  return (name, isDs = false) => standingOf(nodes, { apex: 'example.', name, isDs })
}

describe('a name of the zone', () => {
  const stand = zoneWith({ 'example.': 'NS', 'a.ent.example.': 'A' })

  it.each(['example.', 'a.ent.example.', 'ent.example.'])('stands there itself: %s', (name) => {
    expect(stand(name)).toEqual({ is: 'name', at: name })
  })

  it('stands nowhere when nothing answers for it', () => {
    expect(stand('b.ent.example.')).toEqual({ is: 'nothing' })
  })
})

// The zone of RFC 4592 §2.2.1.
describe('a wildcard', () => {
  const stand = zoneWith({
    'example.': 'NS SOA',
    '*.example.': 'TXT MX',
    'sub.*.example.': 'TXT',
    'host1.example.': 'A',
    '_ssh._tcp.host1.example.': 'SRV',
    '_ssh._tcp.host2.example.': 'SRV',
    'subdel.example.': 'NS',
  })

  it.each(['host3.example.', 'foo.bar.example.'])('answers for %s', (name) => {
    expect(stand(name)).toEqual({ is: 'wildcard', at: '*.example.' })
  })

  it.each([
    ['host1.example.', 'name'],
    ['sub.*.example.', 'name'],
    ['_telnet._tcp.host1.example.', 'nothing'],
    ['ghost.*.example.', 'nothing'],
    ['host.subdel.example.', 'cut'],
  ])('does not answer for %s', (name, is) => {
    expect(stand(name).is).toBe(is)
  })

  it('answers nothing where it exists by the names below it only, but it is there', () => {
    const below = zoneWith({ 'example.': 'NS', 'a.*.example.': 'A' })
    expect(below('b.example.')).toEqual({ is: 'wildcard', at: '*.example.' })
  })
})

describe('a zone cut', () => {
  const stand = zoneWith({
    'example.': 'NS',
    'cut.example.': 'NS DS',
    'inner.cut.example.': 'NS',
    'ns.cut.example.': 'A',
  })

  it.each(['cut.example.', 'ns.cut.example.', 'x.inner.cut.example.'])(
    'that is highest refers %s',
    (name) => {
      expect(stand(name)).toEqual({ is: 'cut', at: 'cut.example.' })
    },
  )

  it('leaves its DS records to the zone above (RFC 4035 §3.1.4.1)', () => {
    expect(stand('cut.example.', true)).toEqual({ is: 'name', at: 'cut.example.' })
    expect(stand('inner.cut.example.', true)).toEqual({ is: 'cut', at: 'cut.example.' })
  })

  it('is no cut at the apex', () => {
    expect(stand('example.')).toEqual({ is: 'name', at: 'example.' })
  })
})

describe('a DNAME record', () => {
  it('redirects what is below its owner, not the owner (RFC 6672 §2.3)', () => {
    const stand = zoneWith({ 'example.': 'NS', 'old.example.': 'DNAME A' })
    expect(stand('old.example.')).toEqual({ is: 'name', at: 'old.example.' })
    expect(stand('a.b.old.example.')).toEqual({ is: 'redirect', at: 'old.example.' })
  })

  it('redirects from the apex too', () => {
    const stand = zoneWith({ 'example.': 'NS DNAME' })
    expect(stand('example.')).toEqual({ is: 'name', at: 'example.' })
    expect(stand('a.example.')).toEqual({ is: 'redirect', at: 'example.' })
  })

  it('counts before a wildcard, and after a cut above it', () => {
    const stand = zoneWith({
      'example.': 'NS',
      '*.example.': 'A',
      'old.example.': 'DNAME',
      'cut.example.': 'NS',
      'old.cut.example.': 'DNAME',
    })
    expect(stand('a.old.example.').is).toBe('redirect')
    expect(stand('a.old.cut.example.')).toEqual({ is: 'cut', at: 'cut.example.' })
  })
})
