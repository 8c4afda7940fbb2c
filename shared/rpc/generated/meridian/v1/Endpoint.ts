// Original file: proto/meridian/v1/registry.proto

import type { HealthState as _meridian_v1_HealthState, HealthState__Output as _meridian_v1_HealthState__Output } from '../../meridian/v1/HealthState.ts';
import type { ClusterState as _meridian_v1_ClusterState, ClusterState__Output as _meridian_v1_ClusterState__Output } from '../../meridian/v1/ClusterState.ts';

export interface Endpoint {
  'cluster'?: (string);
  'addresses'?: (string)[];
  'port'?: (number);
  'weight'?: (number);
  'priority'?: (number);
  'owner'?: (string);
  'health'?: (_meridian_v1_HealthState);
  'state'?: (_meridian_v1_ClusterState);
  'forced'?: (boolean);
  'load'?: (number);
  'withheldPercent'?: (number);
  'target'?: (string);
  'fallback'?: (boolean);
}

export interface Endpoint__Output {
  'cluster': (string);
  'addresses': (string)[];
  'port': (number);
  'weight': (number);
  'priority': (number);
  'owner': (string);
  'health': (_meridian_v1_HealthState__Output);
  'state': (_meridian_v1_ClusterState__Output);
  'forced': (boolean);
  'load': (number);
  'withheldPercent': (number);
  'target': (string);
  'fallback': (boolean);
}
