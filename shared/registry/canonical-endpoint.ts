import { parseName } from '../dns/name.ts'
import { labelPattern } from './fields.ts'
import {
  ADDRESSES_MAX,
  OWNER_MAX_CHARACTERS,
  PORT_MAX,
  PRIORITY_MAX,
  WEIGHT_MAX,
} from './limits.ts'
import { canonicalAddress, endpointFieldsSchema, endpointStates } from './schema.ts'
import type { Endpoint } from './schema.ts'

const endpointKeys = new Set<string>(Object.keys(endpointFieldsSchema.shape))
const endpointStateSet = new Set<unknown>(endpointStates)

/**
 * Whether a value is what `endpointSchema` would give back as it is: good, canonical, no default
 * missing. For the hundreds of thousands of endpoints of a whole state, which are (`bench/scale`: a
 * sixth of the time of the schema); what is not goes to the schema, which says what is wrong.
 */
export function isCanonicalEndpoint(value: unknown): value is Endpoint {
  if (typeof value !== 'object' || value === null) return false
  if (!('cluster' in value && 'addresses' in value && 'weight' in value && 'priority' in value)) {
    return false
  }
  for (const key in value) if (!endpointKeys.has(key)) return false
  const { cluster, addresses, weight, priority } = value
  return (
    typeof cluster === 'string' &&
    labelPattern.test(cluster) &&
    isWithin(weight, 0, WEIGHT_MAX) &&
    isWithin(priority, 0, PRIORITY_MAX) &&
    (!('port' in value) || isWithin(value.port, 1, PORT_MAX)) &&
    (!('state' in value) || endpointStateSet.has(value.state)) &&
    (!('owner' in value) ||
      (typeof value.owner === 'string' && isWithin(value.owner.length, 1, OWNER_MAX_CHARACTERS))) &&
    Array.isArray(addresses) &&
    areCanonicalAddresses(addresses) &&
    (!('target' in value) || (addresses.length === 0 && isTarget(value.target)))
  )
}

function isTarget(value: unknown): boolean {
  if (typeof value !== 'string' || value === '.') return false
  const parsed = parseName(value)
  return parsed.ok && parsed.name === value
}

function areCanonicalAddresses(list: readonly unknown[]): boolean {
  if (list.length > ADDRESSES_MAX) return false
  for (let i = 0; i < list.length; i++) {
    const address = list[i]
    if (typeof address !== 'string' || canonicalAddress(address) !== address) return false
    if (list.indexOf(address) !== i) return false
  }
  return true
}

function isWithin(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && Number(value) >= min && Number(value) <= max
}
