import type { Network } from '../../shared/registry/network-schema.ts'
import type { App, Cluster } from '../../shared/registry/schema.ts'
import type { EndpointForce, EndpointVerdict, SourcePosition } from './events.ts'
import type { PackedRrset } from './packed-rrsets.ts'
import type { ShareEvent } from './shares.ts'
import type { DeadLetter } from './sources.ts'
import type { Stored, StoredEndpoint, StoredMachine, StoredWindow, StoredZone } from './state.ts'

/** An object of the state with its versions, each of which stands once. */
export type StoredObject =
  | { readonly kind: 'cluster'; readonly stored: Stored<Cluster> }
  | { readonly kind: 'zone'; readonly stored: StoredZone }
  | {
      readonly kind: 'app'
      readonly stored: Stored<App> & { readonly endpoints: readonly StoredEndpoint[] }
    }
  | { readonly kind: 'rrsets'; readonly stored: readonly PackedRrset[] }
  | { readonly kind: 'verdict'; readonly stored: EndpointVerdict }
  | { readonly kind: 'force'; readonly stored: EndpointForce }
  | { readonly kind: 'machine'; readonly stored: StoredMachine }
  | { readonly kind: 'network'; readonly stored: Stored<Network> }
  | { readonly kind: 'maintenance'; readonly stored: StoredWindow }
  | { readonly kind: 'share'; readonly stored: ShareEvent }
  | { readonly kind: 'source-position'; readonly stored: SourcePosition }
  | { readonly kind: 'dead-letter'; readonly stored: DeadLetter }
