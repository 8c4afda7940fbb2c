// Original file: proto/meridian/v1/health.proto

import type { Finding as _meridian_v1_Finding, Finding__Output as _meridian_v1_Finding__Output } from '../../meridian/v1/Finding.ts';
import type { RoundTrip as _meridian_v1_RoundTrip, RoundTrip__Output as _meridian_v1_RoundTrip__Output } from '../../meridian/v1/RoundTrip.ts';

export interface HealthReport {
  'session'?: (string);
  'findings'?: (_meridian_v1_Finding)[];
  'roundTrips'?: (_meridian_v1_RoundTrip)[];
}

export interface HealthReport__Output {
  'session': (string);
  'findings': (_meridian_v1_Finding__Output)[];
  'roundTrips': (_meridian_v1_RoundTrip__Output)[];
}
