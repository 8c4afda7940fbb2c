import type { Name } from '../../shared/dns/name.ts'
import type { BetterdnsType } from './betterdns-values.ts'
import { nameIn } from './betterdns-values.ts'
import type { HttpContext } from './context.ts'
import type { Problem } from './problem.ts'
import { problemOfRejection, problemOfStatus } from './problem.ts'

/** The zone that the routes of betterdns are of, or why there is none. */
export type DefaultZone =
  { readonly ok: true; readonly apex: Name } | { readonly ok: false; readonly detail: string }

/** Finds the zone that `http.defaultZone` names. */
export function defaultZone({ defaultZone: apex, registry }: HttpContext): DefaultZone {
  if (apex === undefined) {
    const detail =
      'these routes are of one zone, and http.defaultZone names none; /v1/zones/{apex}/rrsets has all'
    return { ok: false, detail }
  }
  if (registry.state.zones.has(apex)) return { ok: true, apex }
  return { ok: false, detail: `zone ${apex}, which http.defaultZone names, is not registered` }
}

/** Where the records of a name are, or what is wrong with it. */
export type Located =
  | { readonly ok: true; readonly apex: Name; readonly name: Name }
  | { readonly ok: false; readonly problem: Problem }

/** Types that an app answers itself. */
const typesOfApps: ReadonlySet<string> = new Set(['A', 'AAAA', 'CNAME', 'SRV'])

/** Where the records of a name are; a problem when that is no name, or one that an app answers. */
export function locate(context: HttpContext, type: BetterdnsType, text: string): Located {
  const zone = defaultZone(context)
  if (!zone.ok) return { ok: false, problem: problemOfStatus(404, zone.detail) }
  const name = nameIn(zone.apex, text)
  if (name === undefined) {
    const detail = `${JSON.stringify(text.slice(0, 200))} is not a domain name`
    return { ok: false, problem: problemOfStatus(422, detail) }
  }
  if (context.registry.state.apps.has(name) && typesOfApps.has(type)) {
    const detail = `${name} is an app, which answers ${type} itself: see /v1/apps/${name}`
    return { ok: false, problem: problemOfRejection({ code: 'app-and-records', detail }) }
  }
  return { ok: true, apex: zone.apex, name }
}
