// Original file: proto/meridian/v1/registry.proto

import type { App as _meridian_v1_App, App__Output as _meridian_v1_App__Output } from '../../meridian/v1/App.ts';
import type { Rrset as _meridian_v1_Rrset, Rrset__Output as _meridian_v1_Rrset__Output } from '../../meridian/v1/Rrset.ts';
import type { Cover as _meridian_v1_Cover, Cover__Output as _meridian_v1_Cover__Output } from '../../meridian/v1/Cover.ts';
import type { Long } from '@grpc/proto-loader';

// Original file: proto/meridian/v1/registry.proto

export const _meridian_v1_NameState_Kind = {
  NXDOMAIN: 'NXDOMAIN',
  NODATA: 'NODATA',
  APP: 'APP',
} as const;

export type _meridian_v1_NameState_Kind =
  | 'NXDOMAIN'
  | 0
  | 'NODATA'
  | 1
  | 'APP'
  | 2

export type _meridian_v1_NameState_Kind__Output = typeof _meridian_v1_NameState_Kind[keyof typeof _meridian_v1_NameState_Kind]

export interface NameState {
  'name'?: (string);
  'kind'?: (_meridian_v1_NameState_Kind);
  'version'?: (number | string | Long);
  'app'?: (_meridian_v1_App | null);
  'rrsets'?: (_meridian_v1_Rrset)[];
  'cover'?: (_meridian_v1_Cover | null);
}

export interface NameState__Output {
  'name': (string);
  'kind': (_meridian_v1_NameState_Kind__Output);
  'version': (number);
  'app': (_meridian_v1_App__Output | null);
  'rrsets': (_meridian_v1_Rrset__Output)[];
  'cover': (_meridian_v1_Cover__Output | null);
}
