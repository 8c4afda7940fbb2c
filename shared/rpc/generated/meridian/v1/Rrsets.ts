// Original file: proto/meridian/v1/registry.proto

import type { Rrset as _meridian_v1_Rrset, Rrset__Output as _meridian_v1_Rrset__Output } from '../../meridian/v1/Rrset.ts';

export interface Rrsets {
  'name'?: (string);
  'rrsets'?: (_meridian_v1_Rrset)[];
}

export interface Rrsets__Output {
  'name': (string);
  'rrsets': (_meridian_v1_Rrset__Output)[];
}
