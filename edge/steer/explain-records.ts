import { rcodeName, RCODE_NOERROR, RCODE_NXDOMAIN, RCODE_YXDOMAIN } from '../../shared/dns/codes.ts'
import { nameFromWire } from '../../shared/dns/name.ts'
import type { Found } from '../../shared/records/follow.ts'
import { formatRdata } from '../../shared/records/rdata.ts'
import { formatRecordType } from '../../shared/records/types.ts'
import type { Explained } from './explain.ts'
import type { ServedZone } from './zones.ts'

const reasons = {
  rrset: 'that of the records',
  referral: 'that of the name servers of a zone that is not held (RFC 1034 §4.3.2)',
  any: 'that of the SOA record (RFC 8482)',
  nodata: 'the lesser of SOA MINIMUM and SOA TTL (RFC 2308)',
  nxdomain: 'the lesser of SOA MINIMUM and SOA TTL (RFC 2308)',
  app: 'that of the records that lead to an app',
  outside: 'that of the records; what they lead to is not held, or a circle',
  unknown: 'that of the records; what they lead to is not known yet',
  'too-long': 'that of the DNAME record, which makes too long a name (RFC 6672)',
} as const

/** Explains an answer that static records are in, or only static records are missing from. */
export function explainRecords(found: Found<ServedZone>, version: number): Explained {
  const { end, links, name } = found
  const last =
    end.is === 'rrset'
      ? [{ owner: name, ...end.rrset }]
      : end.is === 'referral'
        ? end.node.rrsets
            .filter(({ type }) => formatRecordType(type) === 'NS')
            .map((rrset) => ({ owner: end.node.at, ...rrset }))
        : []
  const all = [...links.map(({ rdata, ...link }) => ({ ...link, rdata: [rdata] })), ...last]
  const ttls = all.map(({ ttl }) => ttl)
  const isNegative = end.is === 'nodata' || end.is === 'nxdomain'
  if (isNegative) ttls.push(end.node.zone.negativeTtl)
  const rcode =
    end.is === 'nxdomain' ? RCODE_NXDOMAIN : end.is === 'too-long' ? RCODE_YXDOMAIN : RCODE_NOERROR
  return {
    source: 'records',
    version,
    endpoints: [],
    steps: [],
    answer: {
      rcode: rcodeName(rcode),
      ttl: Math.min(...ttls),
      ttlReason: reasons[end.is],
      records: all.flatMap(({ owner, type, ttl, rdata }) =>
        rdata.map(
          (one) => `${nameOf(owner)} ${ttl} IN ${formatRecordType(type)} ${formatRdata(type, one)}`,
        ),
      ),
    },
  }
}

function nameOf(key: string): string {
  return nameFromWire(Buffer.from(key, 'latin1'), 0) ?? '.'
}
