import type { Name } from '../../shared/dns/name.ts'
import { assertNever } from '../../shared/errors.ts'
import type { RegistryEvent } from '../model/events.ts'

/** What an event is about: what filters of events go by. */
export interface Subjects {
  /** The name that it is about: an app, the apex of a zone, or the owner of records. */
  readonly name?: Name
  /** The app that it is about, or that its endpoint or machine belongs to. */
  readonly app?: Name
  readonly cluster?: string
}

/** Says what an event is about. New kinds of events have their place here, and every filter knows them. */
export function subjectsOf(event: RegistryEvent): Subjects {
  switch (event.type) {
    case 'cluster-put':
      return { cluster: event.cluster.id }
    case 'cluster-deleted':
      return { cluster: event.id }
    case 'zone-put':
      return { name: event.zone.apex }
    case 'zone-deleted':
      return { name: event.apex }
    case 'app-put':
      return ofApp(event.app.name)
    case 'app-deleted':
      return ofApp(event.name)
    case 'endpoint-put':
      return { ...ofApp(event.app), cluster: event.endpoint.cluster }
    case 'endpoint-deleted':
    case 'endpoint-health':
    case 'endpoint-forced':
    case 'endpoint-unforced':
    case 'endpoint-load':
    case 'endpoint-withheld':
    case 'machine-registered':
    case 'machine-withdrawn':
    case 'machine-terminated':
    case 'machine-unregistered':
      return { ...ofApp(event.app), cluster: event.cluster }
    case 'region-withheld':
      return ofApp(event.app)
    case 'network-put': {
      const { cluster } = event.network
      return cluster === undefined ? {} : { cluster }
    }
    case 'network-deleted':
    case 'source-position':
    case 'source-refused':
      return {}
    case 'maintenance-put':
    case 'maintenance-begun':
    case 'maintenance-ended':
      return { ...(event.app === undefined ? {} : ofApp(event.app)), cluster: event.cluster }
    case 'rrset-put':
      return { name: event.rrset.name }
    case 'rrset-deleted':
      return { name: event.name }
    default:
      return assertNever(event)
  }
}

function ofApp(app: Name): Subjects {
  return { name: app, app }
}
