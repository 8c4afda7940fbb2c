// Original file: proto/meridian/v1/sync.proto

import type { Hello as _meridian_v1_Hello, Hello__Output as _meridian_v1_Hello__Output } from '../../meridian/v1/Hello.ts';
import type { Interest as _meridian_v1_Interest, Interest__Output as _meridian_v1_Interest__Output } from '../../meridian/v1/Interest.ts';
import type { Ack as _meridian_v1_Ack, Ack__Output as _meridian_v1_Ack__Output } from '../../meridian/v1/Ack.ts';

export interface WatchRequest {
  'hello'?: (_meridian_v1_Hello | null);
  'interest'?: (_meridian_v1_Interest | null);
  'ack'?: (_meridian_v1_Ack | null);
  'body'?: "hello"|"interest"|"ack";
}

export interface WatchRequest__Output {
  'hello'?: (_meridian_v1_Hello__Output | null);
  'interest'?: (_meridian_v1_Interest__Output | null);
  'ack'?: (_meridian_v1_Ack__Output | null);
  'body'?: "hello"|"interest"|"ack";
}
