// Original file: proto/meridian/v1/sync.proto

import type { Cluster as _meridian_v1_Cluster, Cluster__Output as _meridian_v1_Cluster__Output } from '../../meridian/v1/Cluster.ts';
import type { Zone as _meridian_v1_Zone, Zone__Output as _meridian_v1_Zone__Output } from '../../meridian/v1/Zone.ts';
import type { ZoneSerial as _meridian_v1_ZoneSerial, ZoneSerial__Output as _meridian_v1_ZoneSerial__Output } from '../../meridian/v1/ZoneSerial.ts';
import type { NameState as _meridian_v1_NameState, NameState__Output as _meridian_v1_NameState__Output } from '../../meridian/v1/NameState.ts';
import type { Network as _meridian_v1_Network, Network__Output as _meridian_v1_Network__Output } from '../../meridian/v1/Network.ts';
import type { Long } from '@grpc/proto-loader';

export interface Change {
  'version'?: (number | string | Long);
  'acceptedEpochMs'?: (number | string | Long);
  'clusters'?: (_meridian_v1_Cluster)[];
  'clustersDeleted'?: (string)[];
  'zones'?: (_meridian_v1_Zone)[];
  'zonesDeleted'?: (string)[];
  'serials'?: (_meridian_v1_ZoneSerial)[];
  'names'?: (_meridian_v1_NameState)[];
  'hash'?: (string);
  'sentEpochMs'?: (number | string | Long);
  'networks'?: (_meridian_v1_Network)[];
  'networksDeleted'?: (string)[];
}

export interface Change__Output {
  'version': (number);
  'acceptedEpochMs': (number);
  'clusters': (_meridian_v1_Cluster__Output)[];
  'clustersDeleted': (string)[];
  'zones': (_meridian_v1_Zone__Output)[];
  'zonesDeleted': (string)[];
  'serials': (_meridian_v1_ZoneSerial__Output)[];
  'names': (_meridian_v1_NameState__Output)[];
  'hash': (string);
  'sentEpochMs': (number);
  'networks': (_meridian_v1_Network__Output)[];
  'networksDeleted': (string)[];
}
