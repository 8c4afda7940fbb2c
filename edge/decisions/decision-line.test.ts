import { expect, it } from 'vitest'
import {
  CLASS_IN,
  EDNS_OPTION_ECS,
  RCODE_NXDOMAIN,
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
} from '../../shared/dns/codes.ts'
import { blankMessage, encodeMessage } from '../../shared/dns/message.ts'
import type { DnsMessage, Rdata } from '../../shared/dns/message.ts'
import { nameKey } from '../../shared/dns/name.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import type { ReplicaApp } from '../replica/model.ts'
import { createEntry } from '../replica/names.ts'
import { Replica } from '../replica/replica.ts'
import { ManualClock } from '../../shared/clock.ts'
import { decisionOf } from './decision-line.ts'

const name = 'video.example.'
const own = clusterSchema.parse({ id: 'sfo', latitude: 0, longitude: 0, addresses: ['192.0.2.1'] })
const app: ReplicaApp = {
  policy: 'nearest',
  ttlMin: 5,
  ttlMax: 30,
  endpoints: [
    { cluster: 'sfo', addresses: [], weight: 1, priority: 0 },
    { cluster: 'lhr', addresses: ['192.0.2.2', '2001:db8::2'], weight: 1, priority: 0 },
    { cluster: 'nrt', addresses: [], target: 'cdn.example.', weight: 1, priority: 0 },
  ],
}
const clock = new ManualClock()
const replica = new Replica({
  kind: 'on-demand',
  own,
  clusters: [own],
  namesMax: 10,
  clock,
  onEvict: () => undefined,
})
replica.tables.names.put(
  nameKey(name),
  createEntry({ kind: 'app', name, version: 1, app }, { isWatched: true, expiresAt: Infinity }),
)

function answer(rdata: readonly Rdata[], more: Partial<DnsMessage> = {}, qname = name): Buffer {
  const typeOf = ({ kind, ...rest }: Rdata): number =>
    kind === 'name'
      ? TYPE_CNAME
      : 'address' in rest && rest.address.includes(':')
        ? TYPE_AAAA
        : TYPE_A
  return encodeMessage({
    ...blankMessage,
    qr: true,
    questions: [{ name: qname, type: TYPE_A, class: CLASS_IN }],
    answers: rdata.map((one) => ({
      name: qname,
      type: typeOf(one),
      class: CLASS_IN,
      ttl: 30,
      rdata: one,
    })),
    ...more,
  })
}

const address = (text: string): Rdata => ({ kind: 'address', address: text })
const line = (wire: Uint8Array, from = '203.0.113.77') =>
  decisionOf(wire, from, { edge: 'sfo-1', replica, epochMs: 1_700_000_000_000 })

it('says what was asked and answered, when, by which edge', () => {
  expect(line(answer([address('192.0.2.2')]))).toEqual({
    time: '2023-11-14T22:13:20.000Z',
    client: '203.0.113.0/24',
    edge: 'sfo-1',
    qname: name,
    qtype: 'A',
    rcode: 'NOERROR',
    clusters: ['lhr'],
    policy: 'nearest',
  })
})

it.each([
  ['the cluster whose address it is', [address('192.0.2.1')], ['sfo']],
  ['all that are answered', [address('192.0.2.1'), address('192.0.2.2')], ['sfo', 'lhr']],
  ['IPv6', [address('2001:db8::2')], ['lhr']],
  ['another name', [{ kind: 'name', name: 'cdn.example.' }], ['nrt']],
  ['none, of an address that is not of the app any more', [address('192.0.2.9')], []],
  ['none where nothing is answered', [], []],
] as const)('names %s', (_, rdata, clusters) => {
  expect(line(answer(rdata))?.clusters).toEqual(clusters)
})

it('of a name that is no app it says no policy', () => {
  const decision = line(answer([], { rcode: RCODE_NXDOMAIN }, 'nothing.example.'))
  expect(decision).toMatchObject({ qname: 'nothing.example.', rcode: 'NXDOMAIN', clusters: [] })
  expect(decision).not.toHaveProperty('policy')
  expect(replica.tables.names.get(nameKey('nothing.example.'))).toBeUndefined()
})

const subnet = (family: number, source: number, ...octets: readonly number[]) => ({
  edns: {
    udpSize: 1232,
    version: 0,
    dnssecOk: false,
    options: [{ code: EDNS_OPTION_ECS, data: Buffer.from([0, family, source, 0, ...octets]) }],
  },
})

it.each([
  ['203.0.113.77', {}, '203.0.113.0/24'],
  ['2001:db8:1:2ff:4::5', {}, '2001:db8:1:200::/56'],
  ['203.0.113.77', subnet(1, 24, 198, 51, 100), '198.51.100.0/24'],
  ['203.0.113.77', subnet(1, 32, 198, 51, 100, 7), '198.51.100.0/24'],
  ['203.0.113.77', subnet(1, 12, 198, 48), '198.48.0.0/12'],
  ['203.0.113.77', subnet(2, 64, 0x20, 1, 0xd, 0xb8, 0, 1, 2, 3), '2001:db8:1:200::/56'],
  ['203.0.113.77', subnet(1, 0), '203.0.113.0/24'],
])('of the client %s it tells a prefix only', (from, more, client) => {
  expect(line(answer([], more), from)?.client).toBe(client)
})

it.each([
  ['no message', Buffer.alloc(3), '203.0.113.77'],
  ['no question', encodeMessage({ ...blankMessage, qr: true }), '203.0.113.77'],
  ['no address', answer([]), 'nobody'],
])('%s is no line', (_, wire, from) => {
  expect(line(wire, from)).toBeUndefined()
})
