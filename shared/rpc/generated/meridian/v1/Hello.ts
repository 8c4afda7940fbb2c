// Original file: proto/meridian/v1/sync.proto

import type { ReplicaKind as _meridian_v1_ReplicaKind, ReplicaKind__Output as _meridian_v1_ReplicaKind__Output } from '../../meridian/v1/ReplicaKind.ts';
import type { Long } from '@grpc/proto-loader';

export interface Hello {
  'protocol'?: (number);
  'edgeId'?: (string);
  'clusterId'?: (string);
  'replica'?: (_meridian_v1_ReplicaKind);
  'logId'?: (string);
  'fromVersion'?: (number | string | Long);
  'adminUrl'?: (string);
  'software'?: (string);
  'fromHash'?: (string);
}

export interface Hello__Output {
  'protocol': (number);
  'edgeId': (string);
  'clusterId': (string);
  'replica': (_meridian_v1_ReplicaKind__Output);
  'logId': (string);
  'fromVersion': (number);
  'adminUrl': (string);
  'software': (string);
  'fromHash': (string);
}
