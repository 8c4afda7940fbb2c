import { describe, expect, it } from 'vitest'
import { RECORDS_MAX } from '../../shared/registry/limits.ts'
import { clusterSchema, endpointSchema } from '../../shared/registry/schema.ts'
import type { Command } from './decide.ts'
import { deleteRecords, putApp, putRecords, putZone, rrset, TestZone } from './records.fixture.ts'

describe('records that are put', () => {
  it('are one event, and none when they are there already', () => {
    const zone = new TestZone(putZone('example'))
    const put = putRecords('www.example A 192.0.2.1', '192.0.2.2')
    expect(zone.put(put)).toEqual([
      { type: 'rrset-put', rrset: rrset('www.example A 192.0.2.2', '192.0.2.1') },
    ])
    expect(zone.put(put)).toEqual([])
  })

  it('raise the serial of their zone; DS records at an apex that of the zone above', () => {
    const zone = new TestZone(putZone('example'), putZone('sub.example'))
    const serials = () =>
      ['example.', 'sub.example.'].map((at) => zone.state.zones.get(at)?.serialVersion)
    zone.put(putRecords('www.sub.example A 192.0.2.1'))
    expect(serials()).toEqual([2, 3])
    zone.put(putRecords(`sub.example DS 1 13 2 ${'ab'.repeat(32)}`))
    expect(serials()).toEqual([4, 3])
    zone.put(deleteRecords('www.sub.example. A'))
    expect(serials()).toEqual([4, 5])
  })

  it('stand under the conditions of their writer', () => {
    const zone = new TestZone(putZone('example'), putRecords('www.example A 192.0.2.1'))
    const again = rrset('www.example A 192.0.2.9')
    expect(zone.put({ type: 'put-rrset', rrset: again, if: 'none' })).toBe(
      'precondition-failed: rrset www.example. A is at version 2, it must not exist',
    )
    expect(zone.put({ type: 'put-rrset', rrset: again, if: 2 })).toHaveLength(1)
    const remove = { type: 'delete-rrset', name: 'www.example.', rrtype: 'A' } as const
    expect(zone.put({ ...remove, if: 2 })).toContain('precondition-failed: ')
    expect(zone.put(remove)).toEqual([{ type: 'rrset-deleted', name: 'www.example.', rrtype: 'A' }])
    expect(zone.put(remove)).toBe('not-found: rrset www.example. A does not exist')
  })
})

const ds = `DS 1 13 2 ${'ab'.repeat(32)}`
const target: Command = {
  type: 'put-endpoint',
  app: 'app.example.',
  endpoint: endpointSchema.parse({ cluster: 'sfo', target: 'cdn.test' }),
}
const sfo: Command = {
  type: 'put-cluster',
  cluster: clusterSchema.parse({ id: 'sfo', latitude: 0, longitude: 0 }),
}

describe('refused by the rule', () => {
  const put = putRecords
  it.each<readonly [code: string, what: string, given: readonly Command[], when: Command]>([
    ['zone-missing', 'outside of the mesh', [], put('www.test A 192.0.2.1')],
    ['zone-missing', 'DS at an apex without a zone above', [], put(`example ${ds}`)],
    [
      'zone-missing',
      'in a zone that is not there',
      [],
      { type: 'put-rrset', rrset: rrset('www.test A 192.0.2.1'), zone: 'test.' },
    ],
    [
      'out-of-zone',
      'in another zone than it is meant for',
      [putZone('sub.example')],
      { type: 'put-rrset', rrset: rrset('a.sub.example A 192.0.2.1'), zone: 'example.' },
    ],
    [
      'out-of-zone',
      'deleted from another zone',
      [put('a.example A 192.0.2.1'), putZone('test')],
      { type: 'delete-rrset', name: 'a.example.', rrtype: 'A', zone: 'test.' },
    ],
    ['ns-of-zone', 'NS at an apex', [], put('example NS ns.test.')],
    ['wildcard-impossible', 'NS of a wildcard', [], put('*.example NS ns.test.')],
    ['wildcard-impossible', 'DNAME of a wildcard', [], put('*.example DNAME a.test.')],
    ['cname-and-other-data', 'CNAME at an apex', [], put('example CNAME a.test.')],
    [
      'cname-and-other-data',
      'CNAME beside others',
      [put('a.example TXT x')],
      put('a.example CNAME b.test.'),
    ],
    [
      'cname-and-other-data',
      'others beside CNAME',
      [put('a.example CNAME b.test.')],
      put('a.example TXT x'),
    ],
    ['cname-multiple', 'two CNAME', [], put('a.example CNAME b.test.', 'c.test.')],
    ['dname-multiple', 'two DNAME', [], put('a.example DNAME b.test.', 'c.test.')],
    ['cname-to-itself', 'CNAME to its own name', [], put('a.example CNAME A.Example.')],
    ['app-and-records', 'A at an app', [putApp('app.example')], put('app.example A 192.0.2.1')],
    ['app-and-records', 'HTTPS at an app', [putApp('app.example')], put('app.example HTTPS 1 .')],
    ['app-and-records', 'an app at A', [put('app.example A 192.0.2.1')], putApp('app.example')],
    ['app-and-records', 'an app at NS', [put('app.example NS ns.test.')], putApp('app.example')],
    [
      'app-and-records',
      'TXT at an app that is an alias',
      [sfo, putApp('app.example'), target],
      put('app.example TXT x'),
    ],
    [
      'target-impossible',
      'an alias at an app with TXT',
      [sfo, putApp('app.example'), put('app.example TXT x')],
      target,
    ],
    ['app-below-cut', 'NS above an app', [putApp('a.b.example')], put('b.example NS ns.test.')],
    ['app-below-cut', 'an app below NS', [put('b.example NS ns.test.')], putApp('a.b.example')],
    [
      'dname-and-ns',
      'DNAME beside NS',
      [put('a.example NS ns.test.')],
      put('a.example DNAME b.test.'),
    ],
    [
      'dname-and-ns',
      'NS beside DNAME',
      [put('a.example DNAME b.test.')],
      put('a.example NS ns.test.'),
    ],
    [
      'below-dname',
      'DNAME above others',
      [put('x.a.example A 192.0.2.1')],
      put('a.example DNAME b.test.'),
    ],
    [
      'below-dname',
      'DNAME at an apex above others',
      [put('x.example A 192.0.2.1')],
      put('example DNAME b.test.'),
    ],
    [
      'below-dname',
      'others below DNAME',
      [put('a.example DNAME b.test.')],
      put('x.y.a.example A 192.0.2.1'),
    ],
    ['below-dname', 'an app below DNAME', [put('a.example DNAME b.test.')], putApp('x.a.example')],
    ['records-at-apex', 'a zone at NS', [put('a.example NS ns.test.')], putZone('a.example')],
    ['records-at-apex', 'a zone at CNAME', [put('a.example CNAME b.test.')], putZone('a.example')],
    [
      'zone-in-use',
      'a zone with records',
      [put('a.example TXT x')],
      { type: 'delete-zone', apex: 'example.' },
    ],
    [
      'zone-in-use',
      'a zone with the DS records of one below',
      [putZone('sub.example'), put(`sub.example ${ds}`)],
      { type: 'delete-zone', apex: 'example.' },
    ],
  ])('%s: %s', (code, _what, given, when) => {
    const zone = new TestZone(putZone('example'), ...given)
    const { version } = zone
    expect(zone.put(when)).toMatch(new RegExp(`^${code}: `))
    expect(zone.version).toBe(version)
  })
})

describe('taken, though it is near a rule', () => {
  const put = putRecords
  it.each<readonly [what: string, given: readonly Command[], when: Command]>([
    ['TXT at an app', [putApp('app.example')], put('app.example TXT x')],
    ['an app at an apex', [], putApp('example')],
    ['MX at an apex that is an app', [putApp('example')], put('example MX 10 a.test.')],
    ['CNAME to an app', [putApp('app.example')], put('a.example CNAME app.example.')],
    // RFC 4035 §2.5: RRSIG and NSEC stand beside a CNAME.
    ['NSEC beside CNAME', [put('a.example CNAME b.test.')], put('a.example TYPE47 \\# 0')],
    ['CNAME beside RRSIG', [put('a.example TYPE46 \\# 0')], put('a.example CNAME b.test.')],
    ['DNAME at an apex', [], put('example DNAME b.test.')],
    ['DNAME beside A', [put('a.example A 192.0.2.1')], put('a.example DNAME b.test.')],
    ['a cut below a cut', [put('a.example NS ns.test.')], put('b.a.example NS ns.test.')],
    ['glue', [put('a.example NS ns.a.example.')], put('ns.a.example A 192.0.2.1')],
    [
      'the same name as a zone below, after it is gone',
      [putZone('sub.example'), { type: 'delete-zone', apex: 'sub.example.' }],
      put('sub.example NS ns.test.'),
    ],
  ])('%s', (_what, given, when) => {
    const zone = new TestZone(putZone('example'), ...given)
    expect(zone.put(when)).toHaveLength(1)
  })
})

it('too-many: more records than a mesh may have', () => {
  const zone = new TestZone(putZone('example'), putRecords('a.example A 192.0.2.1'))
  zone.state.recordCount.set('all', RECORDS_MAX)
  expect(zone.put(putRecords('b.example A 192.0.2.1'))).toMatch(
    /^too-many: there would be 4000001 /,
  )
  expect(zone.put(putRecords('a.example A 192.0.2.1', '192.0.2.2'))).toMatch(/^too-many: /)
  // As many as before, or fewer.
  expect(zone.put(putRecords('a.example A 192.0.2.3'))).toHaveLength(1)
})
