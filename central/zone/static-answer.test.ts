import { expect, it } from 'vitest'
import {
  CLASS_IN,
  rcodeName,
  TYPE_A,
  TYPE_AAAA,
  TYPE_ANY,
  TYPE_DS,
  TYPE_MX,
  TYPE_NS,
  TYPE_SOA,
} from '../../shared/dns/codes.ts'
import { blankMessage, decodeMessage, encodeMessage } from '../../shared/dns/message.ts'
import { formatRecordType } from '../../shared/records/types.ts'
import { rrsetSchema } from '../../shared/registry/rrset-schema.ts'
import {
  appSchema,
  clusterSchema,
  endpointSchema,
  zoneSchema,
} from '../../shared/registry/schema.ts'
import { evolve } from '../model/evolve.ts'
import { emptyState } from '../model/state.ts'
import { answerQuery } from './answer.ts'

const long = 'l'.repeat(60)
const rrsets = [
  ['example', 'MX', '10 a.example.'],
  ['a.example', 'A', '192.0.2.1'],
  ['to.example', 'CNAME', 'app.example.'],
  ['gone.example', 'CNAME', 'none.other.test.'],
  ['cut.example', 'NS', 'ns.cut.example.'],
  ['cut.example', 'DS', `1 8 1 ${'00'.repeat(20)}`],
  ['ns.cut.example', 'A', '192.0.2.3'],
  ['wide.example', 'NS', 'ns.w.example.'],
  ['*.w.example', 'A', '192.0.2.4'],
  ['d.example', 'DNAME', 'w.example.'],
  ['long.example', 'DNAME', `${long}.${long}.${long}.example.`],
  ['other.test', 'DS', `1 8 1 ${'00'.repeat(20)}`],
] as const

/** Rcode, AA, and the records of each section in short. */
function ask(name: string, type: number): string {
  const state = emptyState()
  evolve(state, {
    version: 1,
    events: [
      {
        type: 'cluster-put',
        cluster: clusterSchema.parse({ id: 'sfo', latitude: 0, longitude: 0 }),
      },
      ...['example', 'other.test'].map((apex) => ({
        type: 'zone-put' as const,
        zone: zoneSchema.parse({ apex, ns: ['a.example'] }),
      })),
      { type: 'app-put', app: appSchema.parse({ name: 'app.example' }) },
      {
        type: 'endpoint-put',
        app: 'app.example.',
        endpoint: endpointSchema.parse({ cluster: 'sfo', addresses: ['192.0.2.2'] }),
      },
      ...rrsets.map(([name, type, rdata]) => ({
        type: 'rrset-put' as const,
        rrset: rrsetSchema.parse({ name, type, ttl: 5, rdata: [rdata] }),
      })),
    ],
  })
  const questions = [{ name, type, class: CLASS_IN }]
  const wire = answerQuery(state, encodeMessage({ ...blankMessage, questions }))
  const message = wire && decodeMessage(wire)
  if (message === undefined) throw new Error('no answer')
  const sections = [message.answers, message.authorities, message.additionals].map((records) =>
    records.map(({ name, type }) => `${name} ${formatRecordType(type)}`).join(', '),
  )
  return [rcodeName(message.rcode), message.aa ? 'aa' : '', ...sections].join(' | ')
}

it.each<[string, string, number, string]>([
  [
    'an rrset with what is wanted next',
    'example.',
    TYPE_MX,
    'NOERROR | aa | example. MX |  | a.example. A',
  ],
  ['name servers of an apex', 'example.', TYPE_NS, 'NOERROR | aa | example. NS |  | a.example. A'],
  ['a type that is not there', 'a.example.', TYPE_MX, 'NOERROR | aa |  | example. SOA | '],
  ['any type (RFC 8482)', 'a.example.', TYPE_ANY, 'NOERROR | aa | a.example. HINFO |  | '],
  [
    'an alias of an app',
    'to.example.',
    TYPE_A,
    'NOERROR | aa | to.example. CNAME, app.example. A |  | ',
  ],
  [
    'an alias of nothing (RFC 6604)',
    'gone.example.',
    TYPE_A,
    'NXDOMAIN | aa | gone.example. CNAME | other.test. SOA | ',
  ],
  ['a referral', 'x.cut.example.', TYPE_A, 'NOERROR |  |  | cut.example. NS | ns.cut.example. A'],
  [
    'a referral to a name server that a wildcard answers for',
    'x.wide.example.',
    TYPE_A,
    'NOERROR |  |  | wide.example. NS | ns.w.example. A',
  ],
  [
    'DS at a cut (RFC 4035 §3.1.4.1)',
    'cut.example.',
    TYPE_DS,
    'NOERROR | aa | cut.example. DS |  | ',
  ],
  [
    'DS at an apex whose zone above is not held',
    'other.test.',
    TYPE_DS,
    'NOERROR | aa |  | other.test. SOA | ',
  ],
  ['a wildcard (RFC 4592)', 'x.y.w.example.', TYPE_A, 'NOERROR | aa | x.y.w.example. A |  | '],
  [
    'a DNAME (RFC 6672)',
    'x.d.example.',
    TYPE_A,
    'NOERROR | aa | d.example. DNAME, x.d.example. CNAME, x.w.example. A |  | ',
  ],
  [
    'a name that gets too long',
    `${long}.xxx.long.example.`,
    TYPE_A,
    'YXDOMAIN | aa | long.example. DNAME |  | ',
  ],
  ['no zone', 'elsewhere.test.', TYPE_SOA, 'REFUSED |  |  |  | '],
])('central answers %s', (_what, name, type, wanted) => {
  expect(ask(name, type)).toBe(wanted)
})

it('what no message has room for, as its names are not compressed, is truncated (RFC 2181 §9)', () => {
  const state = emptyState()
  const addresses = Array.from({ length: 1_000 }, (_, i) => `2001:db8::${i.toString(16)}`)
  const rrset = rrsetSchema.parse({ name: '*.example', type: 'AAAA', ttl: 5, rdata: addresses })
  const zone = zoneSchema.parse({ apex: 'example', ns: ['a.example'] })
  evolve(state, {
    version: 1,
    events: [
      { type: 'zone-put', zone },
      { type: 'rrset-put', rrset },
    ],
  })
  const counts = ['x.example.', `${long}.${long}.example.`].map((name) => {
    const questions = [{ name, type: TYPE_AAAA, class: CLASS_IN }]
    const wire = answerQuery(state, encodeMessage({ ...blankMessage, questions }))
    const message = wire && decodeMessage(wire)
    return { tc: message?.tc, answers: message?.answers.length }
  })
  expect(counts).toEqual([
    { tc: false, answers: 1_000 },
    { tc: true, answers: 0 },
  ])
})
