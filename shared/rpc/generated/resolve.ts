import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { App as _meridian_v1_App, App__Output as _meridian_v1_App__Output } from './meridian/v1/App.ts';
import type { Cluster as _meridian_v1_Cluster, Cluster__Output as _meridian_v1_Cluster__Output } from './meridian/v1/Cluster.ts';
import type { Cover as _meridian_v1_Cover, Cover__Output as _meridian_v1_Cover__Output } from './meridian/v1/Cover.ts';
import type { Endpoint as _meridian_v1_Endpoint, Endpoint__Output as _meridian_v1_Endpoint__Output } from './meridian/v1/Endpoint.ts';
import type { NameState as _meridian_v1_NameState, NameState__Output as _meridian_v1_NameState__Output } from './meridian/v1/NameState.ts';
import type { Network as _meridian_v1_Network, Network__Output as _meridian_v1_Network__Output } from './meridian/v1/Network.ts';
import type { ResolveRequest as _meridian_v1_ResolveRequest, ResolveRequest__Output as _meridian_v1_ResolveRequest__Output } from './meridian/v1/ResolveRequest.ts';
import type { ResolveResponse as _meridian_v1_ResolveResponse, ResolveResponse__Output as _meridian_v1_ResolveResponse__Output } from './meridian/v1/ResolveResponse.ts';
import type { ResolverClient as _meridian_v1_ResolverClient, ResolverDefinition as _meridian_v1_ResolverDefinition } from './meridian/v1/Resolver.ts';
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
      Cluster: MessageTypeDefinition<_meridian_v1_Cluster, _meridian_v1_Cluster__Output>
      ClusterState: EnumTypeDefinition
      Cover: MessageTypeDefinition<_meridian_v1_Cover, _meridian_v1_Cover__Output>
      Endpoint: MessageTypeDefinition<_meridian_v1_Endpoint, _meridian_v1_Endpoint__Output>
      HealthState: EnumTypeDefinition
      NameState: MessageTypeDefinition<_meridian_v1_NameState, _meridian_v1_NameState__Output>
      Network: MessageTypeDefinition<_meridian_v1_Network, _meridian_v1_Network__Output>
      ResolveRequest: MessageTypeDefinition<_meridian_v1_ResolveRequest, _meridian_v1_ResolveRequest__Output>
      ResolveResponse: MessageTypeDefinition<_meridian_v1_ResolveResponse, _meridian_v1_ResolveResponse__Output>
      Resolver: SubtypeConstructor<typeof grpc.Client, _meridian_v1_ResolverClient> & { service: _meridian_v1_ResolverDefinition }
      Rrset: MessageTypeDefinition<_meridian_v1_Rrset, _meridian_v1_Rrset__Output>
      Rrsets: MessageTypeDefinition<_meridian_v1_Rrsets, _meridian_v1_Rrsets__Output>
      Service: MessageTypeDefinition<_meridian_v1_Service, _meridian_v1_Service__Output>
      Soa: MessageTypeDefinition<_meridian_v1_Soa, _meridian_v1_Soa__Output>
      Zone: MessageTypeDefinition<_meridian_v1_Zone, _meridian_v1_Zone__Output>
    }
  }
}

