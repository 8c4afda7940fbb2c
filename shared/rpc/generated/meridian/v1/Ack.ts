// Original file: proto/meridian/v1/sync.proto

import type { Long } from '@grpc/proto-loader';

export interface Ack {
  'version'?: (number | string | Long);
}

export interface Ack__Output {
  'version': (number);
}
