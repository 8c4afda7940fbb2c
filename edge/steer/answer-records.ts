import {
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  TYPE_HTTPS,
  TYPE_SRV,
  TYPE_SVCB,
  typeName,
} from '../../shared/dns/codes.ts'
import type { Name } from '../../shared/dns/name.ts'
import { svcbText } from '../../shared/dns/svcb.ts'
import { ADDRESSES_MAX } from '../../shared/registry/limits.ts'
import { portOf, SRV_WEIGHT_MAX, svcbOf } from '../../shared/registry/service-records.ts'
import type { Service } from '../../shared/registry/service-schema.ts'
import type { RecordData, SrvRdata } from '../query/records.ts'
import type { ChosenEndpoint } from './decide.ts'

/** The types that an app is answered with by itself. */
export const appTypes = [TYPE_A, TYPE_AAAA, TYPE_SRV, TYPE_SVCB, TYPE_HTTPS] as const

/** One of them, or CNAME, which stands for all the other types. */
export type AppType = (typeof appTypes)[number] | typeof TYPE_CNAME

/** The types by which the table has answers of an app. */
export const tableTypes: readonly AppType[] = [...appTypes, TYPE_CNAME]

function isAppType(qtype: number): qtype is (typeof appTypes)[number] {
  return appTypes.some((type) => type === qtype)
}

/** The type that a question is decided by: of no other type has an app anything but CNAME. */
export function appTypeOf(qtype: number): AppType {
  return isAppType(qtype) ? qtype : TYPE_CNAME
}

/** A record of the name that was asked for. */
export type AppRecord = Extract<RecordData, { type: AppType }>

/** Whose records are wanted. */
export interface RecordSubject {
  readonly name: Name
  readonly service: Service | undefined
  readonly ttl: number
}

/** The records of an answer, by the endpoints that are answered, the best first; none for NODATA. */
export function recordsOf(
  { name, service, ttl }: RecordSubject,
  chosen: readonly ChosenEndpoint[],
  type: AppType,
): readonly AppRecord[] {
  const able = chosen.filter(({ hasType }) => hasType)
  const [best] = chosen
  const target = best?.endpoint.target
  const owner = 'qname' as const
  // RFC 1034 §3.6.2: "If a CNAME RR is present at a node, no other data should be present".
  if (best?.isAlias === true && target !== undefined) {
    return [{ owner, ttl, type: TYPE_CNAME, rdata: target }]
  }
  switch (type) {
    case TYPE_A:
    case TYPE_AAAA:
      return addressesOf(able).map((rdata) => ({ owner, ttl, type, rdata }))
    case TYPE_SRV:
      return able.flatMap((one, i) => {
        const rdata = srvOf(name, service, one, i)
        return rdata === undefined ? [] : [{ owner, ttl, type, rdata }]
      })
    case TYPE_SVCB:
    case TYPE_HTTPS: {
      let hints = ADDRESSES_MAX
      return able.map(({ endpoint, addresses }, i) => {
        const hinted = addresses.slice(0, hints)
        hints -= hinted.length
        // RFC 9460 §2.4.1: SvcPriority 0 would be AliasMode.
        const rdata = svcbOf(service, endpoint, hinted, { qtype: type, priority: i + 1 })
        return { owner, ttl, type, rdata }
      })
    }
    default:
      return []
  }
}

/** What is answered: each address once, and no more than one endpoint could have. */
function addressesOf(chosen: readonly ChosenEndpoint[]): readonly string[] {
  const [only] = chosen
  // Nearly all are so, and there may be hundreds for each name.
  if (chosen.length === 1 && only?.addresses.length === 1) return only.addresses
  return [...new Set(chosen.flatMap(({ addresses }) => addresses))].slice(0, ADDRESSES_MAX)
}

/** An endpoint without a target is the name itself, which has its addresses. */
function srvOf(
  name: Name,
  service: Service | undefined,
  { endpoint }: ChosenEndpoint,
  priority: number,
): SrvRdata | undefined {
  const port = portOf(service, endpoint)
  if (port === undefined) return undefined
  const weight = Math.min(endpoint.weight, SRV_WEIGHT_MAX)
  return { priority, weight, port, target: endpoint.target ?? name }
}

/** A record as it stands in a zone file. */
export function recordText(name: Name, record: AppRecord): string {
  return `${name} ${record.ttl} IN ${typeName(record.type)} ${rdataText(record)}`
}

function rdataText(record: AppRecord): string {
  switch (record.type) {
    case TYPE_SRV: {
      const { priority, weight, port, target } = record.rdata
      return `${priority} ${weight} ${port} ${target}`
    }
    case TYPE_SVCB:
    case TYPE_HTTPS:
      return svcbText(record.rdata)
    default:
      return record.rdata
  }
}
