import { RCODE_NOERROR, TYPE_A, TYPE_AAAA, TYPE_CNAME, TYPE_SRV } from '../../shared/dns/codes.ts'
import type { Name } from '../../shared/dns/name.ts'
import { portOf } from '../../shared/registry/service-records.ts'
import type { Service } from '../../shared/registry/service-schema.ts'
import { encodeRecords } from '../query/records.ts'
import type { ReplicaApp } from '../replica/model.ts'
import type { NameEntry } from '../replica/names.ts'
import type { Answer } from '../query/encode.ts'
import { recordsOf } from './answer-records.ts'
import type { AppType } from './answer-records.ts'
import type { ChosenEndpoint, Listed, SteeringDecision } from './decide.ts'
import { shareBuckets } from './draw.ts'
import type { KeptChoice, Refusal } from './kept-answers.ts'
import type { PlannedChoice } from './located.ts'

/** What an answer is about. */
export interface Subject {
  readonly name: Name
  readonly service: Service | undefined
  readonly type: AppType
}

/** Says what an answer for a name is about. */
export function subjectOf({ name }: NameEntry, { service }: ReplicaApp, type: AppType): Subject {
  return { name, service, type }
}

/** Whether there can be an answer to a type at all: for most apps and types there is nothing to decide. */
export function mayAnswer({ endpoints, service }: ReplicaApp, type: AppType): boolean {
  if (type === TYPE_A || type === TYPE_AAAA) return true
  if (endpoints.some(({ target }) => target !== undefined)) return true
  if (type === TYPE_CNAME) return false
  if (type !== TYPE_SRV) return service?.https === true
  return service?.srv !== false && endpoints.some((one) => portOf(service, one) !== undefined)
}

/** Undefined where the answer is the NODATA of the zone. */
export function encodeDecision(
  subject: Subject,
  { chosen, drawn, isSticky: isByBucket, ttl, isRefused }: SteeringDecision,
): KeptChoice | undefined {
  if (chosen.length === 0) return isRefused ? ttl : undefined
  if (drawn === undefined) return encode(subject, chosen, ttl)
  const answers = drawn.map(({ item, upTo }) => ({ answer: encode(subject, [item], ttl), upTo }))
  if (!isByBucket) return answers
  return { answers: answers.map(({ answer }) => answer), buckets: shareBuckets(drawn) }
}

/** The answer that a choice of a plan leads to; `listed`: what the plan counts. */
export function encodePlanned(
  subject: Subject,
  { chosen, drawn, buckets, ttl }: PlannedChoice,
  listed: readonly Listed[],
): KeptChoice {
  if (drawn === undefined) return encode(subject, endpointsAt(listed, chosen), ttl)
  const answers = drawn.map(({ item, upTo }) => ({
    answer: encode(subject, listed.slice(item, item + 1), ttl),
    upTo,
  }))
  if (buckets === undefined) return answers
  return { answers: answers.map(({ answer }) => answer), buckets }
}

function endpointsAt(listed: readonly Listed[], indexes: readonly number[]): readonly Listed[] {
  const endpoints: Listed[] = []
  for (const i of indexes) {
    const endpoint = listed[i]
    if (endpoint !== undefined) endpoints.push(endpoint)
  }
  return endpoints
}

/** Where there is no record it is NODATA. */
function encode(
  { name, service, type }: Subject,
  chosen: readonly ChosenEndpoint[],
  ttl: number,
): Answer | Refusal {
  const records = recordsOf({ name, service, ttl }, chosen, type)
  if (records.length === 0) return ttl
  return {
    rcode: RCODE_NOERROR,
    authoritative: true,
    // The owner is the qname, so that the apex does not matter.
    answer: encodeRecords(records, '.'),
    authority: undefined,
    additional: undefined,
    glueRequired: false,
    apexBytes: 1,
    ede: undefined,
  }
}
