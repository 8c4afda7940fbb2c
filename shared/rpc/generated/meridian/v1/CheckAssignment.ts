// Original file: proto/meridian/v1/health.proto

import type { CheckTask as _meridian_v1_CheckTask, CheckTask__Output as _meridian_v1_CheckTask__Output } from '../../meridian/v1/CheckTask.ts';

export interface CheckAssignment {
  'first'?: (boolean);
  'put'?: (_meridian_v1_CheckTask)[];
  'delete'?: (number)[];
}

export interface CheckAssignment__Output {
  'first': (boolean);
  'put': (_meridian_v1_CheckTask__Output)[];
  'delete': (number)[];
}
