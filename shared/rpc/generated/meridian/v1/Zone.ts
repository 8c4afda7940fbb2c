// Original file: proto/meridian/v1/registry.proto

import type { Soa as _meridian_v1_Soa, Soa__Output as _meridian_v1_Soa__Output } from '../../meridian/v1/Soa.ts';

export interface Zone {
  'apex'?: (string);
  'ns'?: (string)[];
  'nsTtl'?: (number);
  'soa'?: (_meridian_v1_Soa | null);
  'serial'?: (number);
}

export interface Zone__Output {
  'apex': (string);
  'ns': (string)[];
  'nsTtl': (number);
  'soa': (_meridian_v1_Soa__Output | null);
  'serial': (number);
}
