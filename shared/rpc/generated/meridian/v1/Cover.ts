// Original file: proto/meridian/v1/registry.proto

import type { Rrsets as _meridian_v1_Rrsets, Rrsets__Output as _meridian_v1_Rrsets__Output } from '../../meridian/v1/Rrsets.ts';

// Original file: proto/meridian/v1/registry.proto

export const _meridian_v1_Cover_Kind = {
  WILDCARD: 'WILDCARD',
  CUT: 'CUT',
  REDIRECT: 'REDIRECT',
} as const;

export type _meridian_v1_Cover_Kind =
  | 'WILDCARD'
  | 0
  | 'CUT'
  | 1
  | 'REDIRECT'
  | 2

export type _meridian_v1_Cover_Kind__Output = typeof _meridian_v1_Cover_Kind[keyof typeof _meridian_v1_Cover_Kind]

export interface Cover {
  'kind'?: (_meridian_v1_Cover_Kind);
  'owner'?: (_meridian_v1_Rrsets | null);
  'glue'?: (_meridian_v1_Rrsets)[];
}

export interface Cover__Output {
  'kind': (_meridian_v1_Cover_Kind__Output);
  'owner': (_meridian_v1_Rrsets__Output | null);
  'glue': (_meridian_v1_Rrsets__Output)[];
}
