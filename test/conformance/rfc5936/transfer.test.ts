import { expect, it } from 'vitest'
import { optBytes, queryBytes } from '../../../edge/query/query-bytes.ts'
import {
  TYPE_AXFR,
  TYPE_IXFR,
  TYPE_MAILA,
  TYPE_MAILB,
  TYPE_TKEY,
  TYPE_TSIG,
} from '../../../shared/dns/codes.ts'
import { exchange, nameOf, shapeOf } from '../exchange.ts'
import { serveMesh } from '../served-mesh.ts'

const { edge } = serveMesh()

it.each([
  ['§2.2.1 AXFR over TCP', TYPE_AXFR, 'tcp'],
  ['§4.2 AXFR over UDP', TYPE_AXFR, 'udp'],
  ['RFC 1995 §2 IXFR over TCP', TYPE_IXFR, 'tcp'],
  ['RFC 1995 §2 IXFR over UDP', TYPE_IXFR, 'udp'],
] as const)('%s: REFUSED, with the reason', async (_what, qtype, transport) => {
  const query = queryBytes({ qname: nameOf('example'), qtype, flags: 0, records: [optBytes()] })
  expect(shapeOf(await exchange(edge.dns, query, transport))).toEqual({
    status: 'REFUSED',
    flags: 'qr',
    answer: [],
    authority: [],
    additional: [],
    edns: { version: 0, flags: '', options: [15] },
  })
})

it.each([
  ['TKEY', TYPE_TKEY],
  ['TSIG', TYPE_TSIG],
  ['MAILA', TYPE_MAILA],
  ['MAILB', TYPE_MAILB],
])('RFC 6895 §3.1 the query type %s: NOTIMP', async (_what, qtype) => {
  const query = queryBytes({ qname: nameOf('example'), qtype, flags: 0 })
  expect(shapeOf(await exchange(edge.dns, query))).toMatchObject({
    status: 'NOTIMP',
    flags: 'qr',
    answer: [],
    authority: [],
  })
})
