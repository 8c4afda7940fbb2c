// Original file: proto/meridian/v1/registry.proto

import type { Endpoint as _meridian_v1_Endpoint, Endpoint__Output as _meridian_v1_Endpoint__Output } from '../../meridian/v1/Endpoint.ts';
import type { Service as _meridian_v1_Service, Service__Output as _meridian_v1_Service__Output } from '../../meridian/v1/Service.ts';
import type { Long } from '@grpc/proto-loader';

export interface App {
  'policy'?: (string);
  'ttlMin'?: (number);
  'ttlMax'?: (number);
  'endpoints'?: (_meridian_v1_Endpoint)[];
  'enoughUpPercent'?: (number);
  'failClosed'?: (boolean);
  'trustMs'?: (number);
  'service'?: (_meridian_v1_Service | null);
  'changesAtEpochMs'?: (number | string | Long);
}

export interface App__Output {
  'policy': (string);
  'ttlMin': (number);
  'ttlMax': (number);
  'endpoints': (_meridian_v1_Endpoint__Output)[];
  'enoughUpPercent': (number);
  'failClosed': (boolean);
  'trustMs': (number);
  'service': (_meridian_v1_Service__Output | null);
  'changesAtEpochMs': (number);
}
