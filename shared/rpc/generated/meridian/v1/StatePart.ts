// Original file: proto/meridian/v1/sync.proto

import type { Change as _meridian_v1_Change, Change__Output as _meridian_v1_Change__Output } from '../../meridian/v1/Change.ts';

export interface StatePart {
  'first'?: (boolean);
  'last'?: (boolean);
  'change'?: (_meridian_v1_Change | null);
}

export interface StatePart__Output {
  'first': (boolean);
  'last': (boolean);
  'change': (_meridian_v1_Change__Output | null);
}
