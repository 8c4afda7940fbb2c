import { describe, expect, it } from 'vitest'
import { optBytes, queryBytes } from '../../../edge/query/query-bytes.ts'
import {
  EDNS_FLAG_DO,
  EDNS_OPTION_COOKIE,
  EDNS_OPTION_ECS,
  EDNS_OPTION_NSID,
  TYPE_AAAA,
} from '../../../shared/dns/codes.ts'
import { exchange, nameOf, shapeOf } from '../exchange.ts'
import { serveMesh } from '../served-mesh.ts'
import { subjects } from './subjects.ts'

const { edge } = serveMesh()

/** A flag of EDNS that nobody has defined, as the RFC's `+ednsflags=0x40`. */
const FLAG_UNKNOWN = 0x40
/** An option that nobody has defined. */
const unknownOption = { code: 100, data: Buffer.from('what') }
/** EXPIRE (RFC 7314). */
const EDNS_OPTION_EXPIRE = 9

type OptParts = NonNullable<Parameters<typeof optBytes>[0]>

function queryWith(qname: string, qtype: number, opt: OptParts): Buffer {
  return queryBytes({ qname: nameOf(qname), qtype, flags: 0, records: [optBytes(opt)] })
}

describe.each(['udp', 'tcp'] as const)('over %s', (transport) => {
  describe.each(subjects)('$what', ({ qname, qtype, plain, options }) => {
    it.each<[string, OptParts, string]>([
      ['§8.2.1 plain EDNS', {}, ''],
      ['§8.2.3 an unknown option is not echoed', { options: [unknownOption] }, ''],
      ['§8.2.4 an unknown flag is not echoed', { flags: FLAG_UNKNOWN }, ''],
      ['§8.2.4 all unknown flags', { flags: 0x7fff }, ''],
      ['§8.2.8 DO=1 is echoed', { flags: EDNS_FLAG_DO }, 'do'],
    ])('%s', async (_section, opt, flags) => {
      const response = await exchange(edge.dns, queryWith(qname, qtype, opt), transport)
      expect(shapeOf(response)).toEqual({ ...plain, edns: { version: 0, flags, options } })
    })

    it.each<[string, OptParts, string]>([
      ['§8.2.2 version 1', { version: 1 }, ''],
      ['§8.2.2 version 100', { version: 100 }, ''],
      ['§8.2.2 version 255', { version: 255 }, ''],
      ['§8.2.5 version 1 with an unknown flag', { version: 1, flags: FLAG_UNKNOWN }, ''],
      ['§8.2.6 version 1 with an unknown option', { version: 1, options: [unknownOption] }, ''],
      ['§8.2.9 version 1 with DO=1', { version: 1, flags: EDNS_FLAG_DO }, 'do'],
    ])('%s: BADVERS, version 0, no records', async (_section, opt, flags) => {
      const response = await exchange(edge.dns, queryWith(qname, qtype, opt), transport)
      expect(shapeOf(response)).toEqual({
        status: 'BADVERS',
        flags: 'qr',
        answer: [],
        authority: [],
        additional: [],
        edns: { version: 0, flags, options: [] },
      })
    })

    it('§8.2.10 several defined options at once: NSID is answered, none is echoed', async () => {
      const several = [
        { code: EDNS_OPTION_COOKIE, data: Buffer.from('0123456789abcdef', 'hex') },
        { code: EDNS_OPTION_NSID, data: Buffer.alloc(0) },
        { code: EDNS_OPTION_EXPIRE, data: Buffer.alloc(0) },
        // 0.0.0.0/0 (RFC 7871 §6): family 1, both prefixes 0.
        { code: EDNS_OPTION_ECS, data: Buffer.from([0, 1, 0, 0]) },
      ]
      const query = queryWith(qname, qtype, { options: several })
      const response = await exchange(edge.dns, query, transport)
      expect(shapeOf(response)).toEqual({
        ...plain,
        edns: { version: 0, flags: '', options: [EDNS_OPTION_NSID, ...options] },
      })
    })
  })
})

it('§8.2.7 a truncated answer has OPT', async () => {
  const query = queryWith('many.example', TYPE_AAAA, { udpSize: 512, flags: EDNS_FLAG_DO })
  expect(shapeOf(await exchange(edge.dns, query))).toEqual({
    status: 'NOERROR',
    flags: 'qr aa tc',
    answer: [],
    authority: [],
    additional: [],
    edns: { version: 0, flags: 'do', options: [] },
  })
})
