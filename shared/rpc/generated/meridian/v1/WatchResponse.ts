// Original file: proto/meridian/v1/sync.proto

import type { Welcome as _meridian_v1_Welcome, Welcome__Output as _meridian_v1_Welcome__Output } from '../../meridian/v1/Welcome.ts';
import type { StatePart as _meridian_v1_StatePart, StatePart__Output as _meridian_v1_StatePart__Output } from '../../meridian/v1/StatePart.ts';
import type { Change as _meridian_v1_Change, Change__Output as _meridian_v1_Change__Output } from '../../meridian/v1/Change.ts';

export interface WatchResponse {
  'welcome'?: (_meridian_v1_Welcome | null);
  'part'?: (_meridian_v1_StatePart | null);
  'change'?: (_meridian_v1_Change | null);
  'body'?: "welcome"|"part"|"change";
}

export interface WatchResponse__Output {
  'welcome'?: (_meridian_v1_Welcome__Output | null);
  'part'?: (_meridian_v1_StatePart__Output | null);
  'change'?: (_meridian_v1_Change__Output | null);
  'body'?: "welcome"|"part"|"change";
}
