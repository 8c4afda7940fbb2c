// Original file: proto/meridian/v1/registry.proto

import type { HealthState as _meridian_v1_HealthState, HealthState__Output as _meridian_v1_HealthState__Output } from '../../meridian/v1/HealthState.ts';

export interface Endpoint {
  'cluster'?: (string);
  'addresses'?: (string)[];
  'port'?: (number);
  'weight'?: (number);
  'priority'?: (number);
  'owner'?: (string);
  'health'?: (_meridian_v1_HealthState);
}

export interface Endpoint__Output {
  'cluster': (string);
  'addresses': (string)[];
  'port': (number);
  'weight': (number);
  'priority': (number);
  'owner': (string);
  'health': (_meridian_v1_HealthState__Output);
}
