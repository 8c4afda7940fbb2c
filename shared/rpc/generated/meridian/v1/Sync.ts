// Original file: proto/meridian/v1/sync.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { WatchRequest as _meridian_v1_WatchRequest, WatchRequest__Output as _meridian_v1_WatchRequest__Output } from '../../meridian/v1/WatchRequest.ts';
import type { WatchResponse as _meridian_v1_WatchResponse, WatchResponse__Output as _meridian_v1_WatchResponse__Output } from '../../meridian/v1/WatchResponse.ts';

export interface SyncClient extends grpc.Client {
  Watch(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_meridian_v1_WatchRequest, _meridian_v1_WatchResponse__Output>;
  Watch(options?: grpc.CallOptions): grpc.ClientDuplexStream<_meridian_v1_WatchRequest, _meridian_v1_WatchResponse__Output>;
  watch(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_meridian_v1_WatchRequest, _meridian_v1_WatchResponse__Output>;
  watch(options?: grpc.CallOptions): grpc.ClientDuplexStream<_meridian_v1_WatchRequest, _meridian_v1_WatchResponse__Output>;
  
}

export interface SyncHandlers extends grpc.UntypedServiceImplementation {
  Watch: grpc.handleBidiStreamingCall<_meridian_v1_WatchRequest__Output, _meridian_v1_WatchResponse>;
  
}

export interface SyncDefinition extends grpc.ServiceDefinition {
  Watch: MethodDefinition<_meridian_v1_WatchRequest, _meridian_v1_WatchResponse, _meridian_v1_WatchRequest__Output, _meridian_v1_WatchResponse__Output>
}
