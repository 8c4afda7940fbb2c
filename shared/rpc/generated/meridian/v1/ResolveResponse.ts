// Original file: proto/meridian/v1/resolve.proto

import type { NameState as _meridian_v1_NameState, NameState__Output as _meridian_v1_NameState__Output } from '../../meridian/v1/NameState.ts';
import type { Long } from '@grpc/proto-loader';

export interface ResolveResponse {
  'version'?: (number | string | Long);
  'inMesh'?: (boolean);
  'state'?: (_meridian_v1_NameState | null);
  'watched'?: (boolean);
}

export interface ResolveResponse__Output {
  'version': (number);
  'inMesh': (boolean);
  'state': (_meridian_v1_NameState__Output | null);
  'watched': (boolean);
}
