import { TYPE_NS, TYPE_SOA } from '../dns/codes.ts'
import type { Name } from '../dns/name.ts'
import { rdataKey } from '../records/rdata.ts'
import type { Record } from '../records/record.ts'

/**
 * Sorts records into their one order: owners as in RFC 4034 §6.1, so that a name stands before those below
 * it; of one owner SOA, NS, then by number; of one rrset by the octets of the rdata. Returns a new array.
 */
export function sortRecords(records: readonly Record[]): Record[] {
  const keys = new Map<Name, string>()
  const keyed = records.map((record) => {
    let key = keys.get(record.owner)
    if (key === undefined) keys.set(record.owner, (key = orderKey(record.owner)))
    return { record, key }
  })
  keyed.sort((a, b) => compareText(a.key, b.key) || compareAtOwner(a.record, b.record))
  return keyed.map(({ record }) => record)
}

function compareAtOwner(a: Record, b: Record): number {
  return (
    rankOf(a.type) - rankOf(b.type) ||
    compareText(rdataKey(a.type, a.rdata), rdataKey(b.type, b.rdata)) ||
    Buffer.compare(a.rdata, b.rdata) ||
    a.ttl - b.ttl
  )
}

function rankOf(type: number): number {
  if (type === TYPE_SOA) return -2
  return type === TYPE_NS ? -1 : type
}

/**
 * A text by whose order names are sorted: the octets of the labels, the last label first, each with
 * an end that is below every octet. 0 and 1 become two characters each, so that they are above it.
 */
function orderKey(name: Name): string {
  const labels = name.slice(0, -1).split('.')
  let key = ''
  for (let i = labels.length - 1; i >= 0; i--) {
    const octets = (labels[i] ?? '').replaceAll(/\\(\d{3})/g, (_escape, digits: string) =>
      String.fromCharCode(Number(digits)),
    )
    // oxlint-disable-next-line no-control-regex -- the octets 0 and 1 are what is looked for
    key += `${octets.replaceAll(/[\u0000\u0001]/g, (octet) => `\u0001${octet}`)}\u0000`
  }
  return key
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
