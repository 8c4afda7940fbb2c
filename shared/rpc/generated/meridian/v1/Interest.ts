// Original file: proto/meridian/v1/sync.proto

import type { Long } from '@grpc/proto-loader';

export interface Interest {
  'add'?: (string)[];
  'remove'?: (string)[];
  'last'?: (boolean);
  'sequence'?: (number | string | Long);
}

export interface Interest__Output {
  'add': (string)[];
  'remove': (string)[];
  'last': (boolean);
  'sequence': (number);
}
