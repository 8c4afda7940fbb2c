// Original file: proto/meridian/v1/registry.proto

import type { ClusterState as _meridian_v1_ClusterState, ClusterState__Output as _meridian_v1_ClusterState__Output } from '../../meridian/v1/ClusterState.ts';
import type { Long } from '@grpc/proto-loader';

export interface Cluster {
  'id'?: (string);
  'latitude'?: (number | string);
  'longitude'?: (number | string);
  'city'?: (string);
  'country'?: (string);
  'region'?: (string);
  'addresses'?: (string)[];
  'capacity'?: (number);
  'state'?: (_meridian_v1_ClusterState);
  'changesAtEpochMs'?: (number | string | Long);
}

export interface Cluster__Output {
  'id': (string);
  'latitude': (number);
  'longitude': (number);
  'city': (string);
  'country': (string);
  'region': (string);
  'addresses': (string)[];
  'capacity': (number);
  'state': (_meridian_v1_ClusterState__Output);
  'changesAtEpochMs': (number);
}
