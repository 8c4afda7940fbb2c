import { parentOf } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import { assertNever } from '../../shared/errors.ts'
import { RECORDS_MAX } from '../../shared/registry/limits.ts'
import type { Rrset, RrsetKey } from '../../shared/registry/rrset-schema.ts'
import type { Decision, Refusal } from './decision.ts'
import { accept, reject } from './decision.ts'
import { hasWildcard, isWildcard, rrsetAt, zoneOfRrset } from './records.ts'
import type { Precondition } from './rules.ts'
import { notFoundUnless, put, unmet } from './rules.ts'
import type { RegistryState } from './state.ts'

/** What somebody wants of an rrset. */
export type RrsetCommand =
  | {
      readonly type: 'put-rrset'
      readonly rrset: Rrset
      /** The apex of the zone that it is meant to be in; refused where it lies in another. */
      readonly zone?: Name
      readonly if?: Precondition
    }
  | {
      readonly type: 'delete-rrset'
      readonly name: Name
      readonly rrtype: string
      readonly zone?: Name
      readonly if?: Precondition
    }

/** As `decide`, of rrsets. */
export function decideRrset(state: RegistryState, command: RrsetCommand): Decision {
  switch (command.type) {
    case 'put-rrset': {
      const { rrset } = command
      const before = rrsetAt(state, rrset.name, rrset.type)
      const refusal =
        outOfZone(state, rrset, command.zone) ??
        unmet(command.if, before, whatOf(rrset.name, rrset.type)) ??
        (before === undefined ? misplaced(state, rrset) : undefined) ??
        impossible(rrset) ??
        tooManyRecords(state, rrset.rdata.length - (before?.value.rdata.length ?? 0))
      return refusal ?? put(before?.value, rrset, { type: 'rrset-put', rrset })
    }
    case 'delete-rrset': {
      const { name, rrtype } = command
      const before = rrsetAt(state, name, rrtype)
      const foreign = outOfZone(state, { name, type: rrtype }, command.zone)
      if (foreign !== undefined) return foreign
      const refusal = unmet(command.if ?? 'any', before, whatOf(name, rrtype))
      if (refusal !== undefined) return notFoundUnless(command.if, before, refusal)
      return accept({ type: 'rrset-deleted', name, rrtype })
    }
    default:
      return assertNever(command)
  }
}

function whatOf(name: Name, type: string): string {
  return `rrset ${name} ${type}`
}

/** The refusal of an rrset that does not lie in the zone in which it is looked for; none where none is named. */
export function outOfZone(
  state: Pick<RegistryState, 'zones'>,
  { name, type }: RrsetKey,
  apex: Name | undefined,
): Refusal | undefined {
  if (apex === undefined) return undefined
  const zone = zoneOfRrset(state, name, type)?.value.apex
  if (zone === apex) return undefined
  const what = whatOf(name, type)
  if (!state.zones.has(apex)) {
    return reject('zone-missing', `${what}: there is no zone ${apex}, put it first`)
  }
  const where = zone === undefined ? `a name under ${apex} is wanted` : `it lies in ${zone}`
  return reject('out-of-zone', `${what} does not lie in the zone ${apex}: ${where}`)
}

/** RFC 2181 §10.1, RFC 4035 §2.5: what may stand beside a CNAME record. */
const besideCname = new Set([
  'CNAME',
  'SIG',
  'KEY',
  'NXT',
  'RRSIG',
  'NSEC',
  'TYPE24',
  'TYPE25',
  'TYPE30',
  'TYPE46',
  'TYPE47',
])

/** Types that an app answers itself, or that would answer in its place. */
const typesOfApps = new Set(['A', 'AAAA', 'SRV', 'SVCB', 'HTTPS', 'CNAME', 'DNAME'])

/** The refusal of a new rrset where it stands. */
function misplaced(state: RegistryState, { name, type }: Rrset): Refusal | undefined {
  const what = whatOf(name, type)
  const zone = zoneOfRrset(state, name, type)
  if (zone === undefined) {
    return reject('zone-missing', `${what} lies in no zone of the mesh, put its zone first`)
  }
  const isApex = state.zones.has(name)
  if (isApex && type === 'NS') {
    return reject('ns-of-zone', `${what}: name servers of an apex are the ns of its zone, put it`)
  }
  // RFC 4592 §4.2, §4.4: what they would mean is not defined.
  if (isWildcard(name) && (type === 'NS' || type === 'DNAME')) {
    return reject('wildcard-impossible', `${what}: a wildcard cannot have ${type} records`)
  }
  return (
    besideAlias(state, name, type, isApex) ??
    besideApp(state, name, type, isApex) ??
    aroundRedirect(state, name, type, zone.value.apex)
  )
}

/** RFC 1034 §3.6.2: "If a CNAME RR is present at a node, no other data should be present". */
function besideAlias(
  state: RegistryState,
  name: Name,
  type: string,
  isApex: boolean,
): Refusal | undefined {
  const what = whatOf(name, type)
  if (type !== 'CNAME') {
    if (besideCname.has(type) || rrsetAt(state, name, 'CNAME') === undefined) return undefined
    return reject('cname-and-other-data', `${what}: ${name} has a CNAME record, delete it first`)
  }
  if (isApex) {
    const detail = `${what}: an apex has SOA and NS records, so it can have no CNAME record`
    return reject('cname-and-other-data', detail)
  }
  const other = state.records.get(name)?.find(({ value }) => !besideCname.has(value.type))
  if (other === undefined) return undefined
  const detail = `${what}: ${name} has ${other.value.type} records, delete them first`
  return reject('cname-and-other-data', detail)
}

function besideApp(
  state: RegistryState,
  name: Name,
  type: string,
  isApex: boolean,
): Refusal | undefined {
  const what = whatOf(name, type)
  if (type === 'NS' && !isApex && (state.apps.has(name) || state.appsBelow.has(name))) {
    const detail = `${what}: there are apps at ${name} or below it, which a referral would hide`
    return reject('app-below-cut', detail)
  }
  const app = state.apps.get(name)
  if (app === undefined) return undefined
  if (typesOfApps.has(type)) {
    const detail = `${what}: ${name} is an app, which answers ${type} itself: delete the app first`
    return reject('app-and-records', detail)
  }
  for (const { value } of app.endpoints.values()) {
    if (value.target === undefined) continue
    const detail = `${what}: endpoint ${value.cluster} of app ${name} has a target (CNAME), which stands alone`
    return reject('app-and-records', detail)
  }
  return undefined
}

/** RFC 6672 §2.3, §2.4: a DNAME record stands beside no NS but at an apex, and nothing stands below it. */
function aroundRedirect(
  state: RegistryState,
  name: Name,
  type: string,
  apex: Name,
): Refusal | undefined {
  const what = whatOf(name, type)
  const isApex = name === apex
  if (type === 'DNAME') {
    if (!isApex && rrsetAt(state, name, 'NS') !== undefined) {
      return reject('dname-and-ns', `${what}: ${name} has NS records, delete them first`)
    }
    const below = state.descendants.get(name) ?? 0
    if (below > 0) {
      const detail = `${what}: ${below} names stand below ${name}, where a DNAME record lets none stand`
      return reject('below-dname', detail)
    }
  }
  if (type === 'NS' && !isApex && rrsetAt(state, name, 'DNAME') !== undefined) {
    return reject('dname-and-ns', `${what}: ${name} has a DNAME record, delete it first`)
  }
  return belowRedirect(state, name, apex, what)
}

/** The refusal of something new below a DNAME record. */
function belowRedirect(
  state: RegistryState,
  name: Name,
  apex: Name,
  what: string,
): Refusal | undefined {
  let at: Name | undefined = name
  while (at !== apex) {
    at = parentOf(at)
    if (at === undefined) return undefined
    if (rrsetAt(state, at, 'DNAME') === undefined) continue
    // RFC 6672 §2.4: "Resource records MUST NOT exist at any subdomain of the owner of a DNAME RR"
    return reject(
      'below-dname',
      `${what} stands below the DNAME record of ${at}, delete that first`,
    )
  }
  return undefined
}

/** The refusal of an app where it stands, given the records that are there. */
export function appMisplaced(state: RegistryState, name: Name, apex: Name): Refusal | undefined {
  const what = `app ${name}`
  if (hasWildcard(name)) {
    const detail = `${what} has a label *, which stands for other names: only records can have one`
    return reject('wildcard-impossible', detail)
  }
  for (const { value } of state.records.get(name) ?? []) {
    if (!typesOfApps.has(value.type) && value.type !== 'NS') continue
    const detail = `${what}: ${name} has ${value.type} records, delete them first`
    return reject('app-and-records', detail)
  }
  const above = name === apex ? undefined : parentOf(name)
  for (let at = above; at !== undefined && at !== apex; at = parentOf(at)) {
    if (rrsetAt(state, at, 'NS') === undefined) continue
    const detail = `${what} stands below the NS records of ${at}, a zone cut: delete them first`
    return reject('app-below-cut', detail)
  }
  return belowRedirect(state, name, apex, what)
}

function impossible({ name, type, rdata }: Rrset): Refusal | undefined {
  const what = whatOf(name, type)
  if (type !== 'CNAME' && type !== 'DNAME') return undefined
  if (rdata.length > 1) {
    const code = type === 'CNAME' ? 'cname-multiple' : 'dname-multiple'
    return reject(code, `${what} has ${rdata.length} records, one is wanted`)
  }
  if (type === 'CNAME' && rdata[0]?.toLowerCase() === name) {
    return reject('cname-to-itself', `${what} leads to itself, another name is wanted`)
  }
  return undefined
}

function tooManyRecords(state: RegistryState, more: number): Refusal | undefined {
  const count = state.recordCount.get('all') ?? 0
  if (more <= 0 || count + more <= RECORDS_MAX) return undefined
  return reject(
    'too-many',
    `there would be ${count + more} records, at most ${RECORDS_MAX} are possible`,
  )
}
