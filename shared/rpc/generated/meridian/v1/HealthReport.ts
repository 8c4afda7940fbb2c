// Original file: proto/meridian/v1/health.proto

import type { Finding as _meridian_v1_Finding, Finding__Output as _meridian_v1_Finding__Output } from '../../meridian/v1/Finding.ts';

export interface HealthReport {
  'session'?: (string);
  'findings'?: (_meridian_v1_Finding)[];
}

export interface HealthReport__Output {
  'session': (string);
  'findings': (_meridian_v1_Finding__Output)[];
}
