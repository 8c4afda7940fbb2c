// Original file: proto/meridian/v1/sync.proto

import type { Long } from '@grpc/proto-loader';

export interface Welcome {
  'protocol'?: (number);
  'session'?: (string);
  'logId'?: (string);
  'version'?: (number | string | Long);
  'fullState'?: (boolean);
  'confirmed'?: (boolean);
}

export interface Welcome__Output {
  'protocol': (number);
  'session': (string);
  'logId': (string);
  'version': (number);
  'fullState': (boolean);
  'confirmed': (boolean);
}
