import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { App as _meridian_v1_App, App__Output as _meridian_v1_App__Output } from './meridian/v1/App.ts';
import type { CheckAssignment as _meridian_v1_CheckAssignment, CheckAssignment__Output as _meridian_v1_CheckAssignment__Output } from './meridian/v1/CheckAssignment.ts';
import type { CheckTask as _meridian_v1_CheckTask, CheckTask__Output as _meridian_v1_CheckTask__Output } from './meridian/v1/CheckTask.ts';
import type { Cluster as _meridian_v1_Cluster, Cluster__Output as _meridian_v1_Cluster__Output } from './meridian/v1/Cluster.ts';
import type { Cover as _meridian_v1_Cover, Cover__Output as _meridian_v1_Cover__Output } from './meridian/v1/Cover.ts';
import type { Endpoint as _meridian_v1_Endpoint, Endpoint__Output as _meridian_v1_Endpoint__Output } from './meridian/v1/Endpoint.ts';
import type { Finding as _meridian_v1_Finding, Finding__Output as _meridian_v1_Finding__Output } from './meridian/v1/Finding.ts';
import type { HealthClient as _meridian_v1_HealthClient, HealthDefinition as _meridian_v1_HealthDefinition } from './meridian/v1/Health.ts';
import type { HealthReport as _meridian_v1_HealthReport, HealthReport__Output as _meridian_v1_HealthReport__Output } from './meridian/v1/HealthReport.ts';
import type { NameState as _meridian_v1_NameState, NameState__Output as _meridian_v1_NameState__Output } from './meridian/v1/NameState.ts';
import type { Network as _meridian_v1_Network, Network__Output as _meridian_v1_Network__Output } from './meridian/v1/Network.ts';
import type { RoundTrip as _meridian_v1_RoundTrip, RoundTrip__Output as _meridian_v1_RoundTrip__Output } from './meridian/v1/RoundTrip.ts';
import type { Rrset as _meridian_v1_Rrset, Rrset__Output as _meridian_v1_Rrset__Output } from './meridian/v1/Rrset.ts';
import type { Rrsets as _meridian_v1_Rrsets, Rrsets__Output as _meridian_v1_Rrsets__Output } from './meridian/v1/Rrsets.ts';
import type { Service as _meridian_v1_Service, Service__Output as _meridian_v1_Service__Output } from './meridian/v1/Service.ts';
import type { Soa as _meridian_v1_Soa, Soa__Output as _meridian_v1_Soa__Output } from './meridian/v1/Soa.ts';
import type { Zone as _meridian_v1_Zone, Zone__Output as _meridian_v1_Zone__Output } from './meridian/v1/Zone.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  meridian: {
    v1: {
      App: MessageTypeDefinition<_meridian_v1_App, _meridian_v1_App__Output>
      CheckAssignment: MessageTypeDefinition<_meridian_v1_CheckAssignment, _meridian_v1_CheckAssignment__Output>
      CheckTask: MessageTypeDefinition<_meridian_v1_CheckTask, _meridian_v1_CheckTask__Output>
      Cluster: MessageTypeDefinition<_meridian_v1_Cluster, _meridian_v1_Cluster__Output>
      ClusterState: EnumTypeDefinition
      Cover: MessageTypeDefinition<_meridian_v1_Cover, _meridian_v1_Cover__Output>
      Endpoint: MessageTypeDefinition<_meridian_v1_Endpoint, _meridian_v1_Endpoint__Output>
      Finding: MessageTypeDefinition<_meridian_v1_Finding, _meridian_v1_Finding__Output>
      Health: SubtypeConstructor<typeof grpc.Client, _meridian_v1_HealthClient> & { service: _meridian_v1_HealthDefinition }
      HealthReport: MessageTypeDefinition<_meridian_v1_HealthReport, _meridian_v1_HealthReport__Output>
      HealthState: EnumTypeDefinition
      NameState: MessageTypeDefinition<_meridian_v1_NameState, _meridian_v1_NameState__Output>
      Network: MessageTypeDefinition<_meridian_v1_Network, _meridian_v1_Network__Output>
      RoundTrip: MessageTypeDefinition<_meridian_v1_RoundTrip, _meridian_v1_RoundTrip__Output>
      Rrset: MessageTypeDefinition<_meridian_v1_Rrset, _meridian_v1_Rrset__Output>
      Rrsets: MessageTypeDefinition<_meridian_v1_Rrsets, _meridian_v1_Rrsets__Output>
      Service: MessageTypeDefinition<_meridian_v1_Service, _meridian_v1_Service__Output>
      Soa: MessageTypeDefinition<_meridian_v1_Soa, _meridian_v1_Soa__Output>
      Zone: MessageTypeDefinition<_meridian_v1_Zone, _meridian_v1_Zone__Output>
    }
  }
}

