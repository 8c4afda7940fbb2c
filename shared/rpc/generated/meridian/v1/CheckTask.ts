// Original file: proto/meridian/v1/health.proto

import type { HealthState as _meridian_v1_HealthState, HealthState__Output as _meridian_v1_HealthState__Output } from '../../meridian/v1/HealthState.ts';

export interface CheckTask {
  'id'?: (number);
  'app'?: (string);
  'cluster'?: (string);
  'addresses'?: (string)[];
  'port'?: (number);
  'check'?: (string);
  'state'?: (_meridian_v1_HealthState);
}

export interface CheckTask__Output {
  'id': (number);
  'app': (string);
  'cluster': (string);
  'addresses': (string)[];
  'port': (number);
  'check': (string);
  'state': (_meridian_v1_HealthState__Output);
}
