// Original file: proto/meridian/v1/resolve.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ResolveRequest as _meridian_v1_ResolveRequest, ResolveRequest__Output as _meridian_v1_ResolveRequest__Output } from '../../meridian/v1/ResolveRequest.ts';
import type { ResolveResponse as _meridian_v1_ResolveResponse, ResolveResponse__Output as _meridian_v1_ResolveResponse__Output } from '../../meridian/v1/ResolveResponse.ts';

export interface ResolverClient extends grpc.Client {
  Resolve(argument: _meridian_v1_ResolveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_meridian_v1_ResolveResponse__Output>): grpc.ClientUnaryCall;
  Resolve(argument: _meridian_v1_ResolveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_meridian_v1_ResolveResponse__Output>): grpc.ClientUnaryCall;
  Resolve(argument: _meridian_v1_ResolveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_meridian_v1_ResolveResponse__Output>): grpc.ClientUnaryCall;
  Resolve(argument: _meridian_v1_ResolveRequest, callback: grpc.requestCallback<_meridian_v1_ResolveResponse__Output>): grpc.ClientUnaryCall;
  resolve(argument: _meridian_v1_ResolveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_meridian_v1_ResolveResponse__Output>): grpc.ClientUnaryCall;
  resolve(argument: _meridian_v1_ResolveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_meridian_v1_ResolveResponse__Output>): grpc.ClientUnaryCall;
  resolve(argument: _meridian_v1_ResolveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_meridian_v1_ResolveResponse__Output>): grpc.ClientUnaryCall;
  resolve(argument: _meridian_v1_ResolveRequest, callback: grpc.requestCallback<_meridian_v1_ResolveResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface ResolverHandlers extends grpc.UntypedServiceImplementation {
  Resolve: grpc.handleUnaryCall<_meridian_v1_ResolveRequest__Output, _meridian_v1_ResolveResponse>;
  
}

export interface ResolverDefinition extends grpc.ServiceDefinition {
  Resolve: MethodDefinition<_meridian_v1_ResolveRequest, _meridian_v1_ResolveResponse, _meridian_v1_ResolveRequest__Output, _meridian_v1_ResolveResponse__Output>
}
