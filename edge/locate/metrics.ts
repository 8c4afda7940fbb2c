import type { Registry as MetricRegistry } from 'prom-client'
import { registerCounter, registerGauge } from '../../shared/metrics.ts'
import type { ClientLocations } from './client-locations.ts'

/** Registers the metrics of client locations; all are read when they are scraped. */
export function registerLocationMetrics(
  register: MetricRegistry,
  locations: ClientLocations,
): void {
  registerGauge(register, {
    name: 'meridian_edge_client_location_places',
    help: 'Different places that clients can have, of registered networks and of the mmdb file.',
    collect: (add) => add({}, locations.stats().places),
  })
  registerGauge(register, {
    name: 'meridian_edge_client_location_ranges',
    help: 'Ranges of addresses that clients are looked up among, of both families.',
    collect: (add) => add({}, locations.stats().ranges),
  })
  registerCounter(register, {
    name: 'meridian_edge_client_location_compilations_total',
    help: 'How often readers were given new ranges, after a change of networks or of the mmdb file.',
    collect: (add) => add({}, locations.stats().compilations),
  })
  registerCounter(register, {
    name: 'meridian_edge_client_location_mmdb_loads_total',
    help: 'How often mmdb files were read, by result: loaded, or refused, and what was there before stays.',
    labelNames: ['result'],
    collect: (add) => {
      for (const [result, count] of Object.entries(locations.stats().loads)) add({ result }, count)
    },
  })
  registerGauge(register, {
    name: 'meridian_edge_client_location_mmdb_build_timestamp_seconds',
    help: 'When the mmdb file that is in use was built, in seconds since 1970; 0 when there is none.',
    collect: (add) => add({}, locations.stats().buildEpochMs / 1000),
  })
  registerGauge(register, {
    name: 'meridian_edge_client_location_mmdb_rounding_degrees',
    help: 'What the coordinates of the mmdb file were rounded to; 0 when they are as they were.',
    collect: (add) => add({}, locations.stats().roundedDegrees),
  })
}
