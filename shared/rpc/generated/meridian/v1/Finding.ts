// Original file: proto/meridian/v1/health.proto

import type { HealthState as _meridian_v1_HealthState, HealthState__Output as _meridian_v1_HealthState__Output } from '../../meridian/v1/HealthState.ts';

export interface Finding {
  'task'?: (number);
  'state'?: (_meridian_v1_HealthState);
  'detail'?: (string);
}

export interface Finding__Output {
  'task': (number);
  'state': (_meridian_v1_HealthState__Output);
  'detail': (string);
}
