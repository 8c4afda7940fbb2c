// Original file: proto/meridian/v1/health.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CheckAssignment as _meridian_v1_CheckAssignment, CheckAssignment__Output as _meridian_v1_CheckAssignment__Output } from '../../meridian/v1/CheckAssignment.ts';
import type { HealthReport as _meridian_v1_HealthReport, HealthReport__Output as _meridian_v1_HealthReport__Output } from '../../meridian/v1/HealthReport.ts';

export interface HealthClient extends grpc.Client {
  Check(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_meridian_v1_HealthReport, _meridian_v1_CheckAssignment__Output>;
  Check(options?: grpc.CallOptions): grpc.ClientDuplexStream<_meridian_v1_HealthReport, _meridian_v1_CheckAssignment__Output>;
  check(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_meridian_v1_HealthReport, _meridian_v1_CheckAssignment__Output>;
  check(options?: grpc.CallOptions): grpc.ClientDuplexStream<_meridian_v1_HealthReport, _meridian_v1_CheckAssignment__Output>;
  
}

export interface HealthHandlers extends grpc.UntypedServiceImplementation {
  Check: grpc.handleBidiStreamingCall<_meridian_v1_HealthReport__Output, _meridian_v1_CheckAssignment>;
  
}

export interface HealthDefinition extends grpc.ServiceDefinition {
  Check: MethodDefinition<_meridian_v1_HealthReport, _meridian_v1_CheckAssignment, _meridian_v1_HealthReport__Output, _meridian_v1_CheckAssignment__Output>
}
