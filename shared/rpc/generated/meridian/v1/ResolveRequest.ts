// Original file: proto/meridian/v1/resolve.proto

import type { Long } from '@grpc/proto-loader';

export interface ResolveRequest {
  'name'?: (string);
  'session'?: (string);
  'sequence'?: (number | string | Long);
}

export interface ResolveRequest__Output {
  'name': (string);
  'session': (string);
  'sequence': (number);
}
