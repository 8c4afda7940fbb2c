import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Ack as _meridian_v1_Ack, Ack__Output as _meridian_v1_Ack__Output } from './meridian/v1/Ack.ts';
import type { App as _meridian_v1_App, App__Output as _meridian_v1_App__Output } from './meridian/v1/App.ts';
import type { Change as _meridian_v1_Change, Change__Output as _meridian_v1_Change__Output } from './meridian/v1/Change.ts';
import type { Cluster as _meridian_v1_Cluster, Cluster__Output as _meridian_v1_Cluster__Output } from './meridian/v1/Cluster.ts';
import type { Cover as _meridian_v1_Cover, Cover__Output as _meridian_v1_Cover__Output } from './meridian/v1/Cover.ts';
import type { Endpoint as _meridian_v1_Endpoint, Endpoint__Output as _meridian_v1_Endpoint__Output } from './meridian/v1/Endpoint.ts';
import type { Hello as _meridian_v1_Hello, Hello__Output as _meridian_v1_Hello__Output } from './meridian/v1/Hello.ts';
import type { Interest as _meridian_v1_Interest, Interest__Output as _meridian_v1_Interest__Output } from './meridian/v1/Interest.ts';
import type { NameState as _meridian_v1_NameState, NameState__Output as _meridian_v1_NameState__Output } from './meridian/v1/NameState.ts';
import type { Network as _meridian_v1_Network, Network__Output as _meridian_v1_Network__Output } from './meridian/v1/Network.ts';
import type { Rrset as _meridian_v1_Rrset, Rrset__Output as _meridian_v1_Rrset__Output } from './meridian/v1/Rrset.ts';
import type { Rrsets as _meridian_v1_Rrsets, Rrsets__Output as _meridian_v1_Rrsets__Output } from './meridian/v1/Rrsets.ts';
import type { Service as _meridian_v1_Service, Service__Output as _meridian_v1_Service__Output } from './meridian/v1/Service.ts';
import type { Soa as _meridian_v1_Soa, Soa__Output as _meridian_v1_Soa__Output } from './meridian/v1/Soa.ts';
import type { StatePart as _meridian_v1_StatePart, StatePart__Output as _meridian_v1_StatePart__Output } from './meridian/v1/StatePart.ts';
import type { SyncClient as _meridian_v1_SyncClient, SyncDefinition as _meridian_v1_SyncDefinition } from './meridian/v1/Sync.ts';
import type { WatchRequest as _meridian_v1_WatchRequest, WatchRequest__Output as _meridian_v1_WatchRequest__Output } from './meridian/v1/WatchRequest.ts';
import type { WatchResponse as _meridian_v1_WatchResponse, WatchResponse__Output as _meridian_v1_WatchResponse__Output } from './meridian/v1/WatchResponse.ts';
import type { Welcome as _meridian_v1_Welcome, Welcome__Output as _meridian_v1_Welcome__Output } from './meridian/v1/Welcome.ts';
import type { Zone as _meridian_v1_Zone, Zone__Output as _meridian_v1_Zone__Output } from './meridian/v1/Zone.ts';
import type { ZoneSerial as _meridian_v1_ZoneSerial, ZoneSerial__Output as _meridian_v1_ZoneSerial__Output } from './meridian/v1/ZoneSerial.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  meridian: {
    v1: {
      Ack: MessageTypeDefinition<_meridian_v1_Ack, _meridian_v1_Ack__Output>
      App: MessageTypeDefinition<_meridian_v1_App, _meridian_v1_App__Output>
      Change: MessageTypeDefinition<_meridian_v1_Change, _meridian_v1_Change__Output>
      Cluster: MessageTypeDefinition<_meridian_v1_Cluster, _meridian_v1_Cluster__Output>
      ClusterState: EnumTypeDefinition
      Cover: MessageTypeDefinition<_meridian_v1_Cover, _meridian_v1_Cover__Output>
      Endpoint: MessageTypeDefinition<_meridian_v1_Endpoint, _meridian_v1_Endpoint__Output>
      HealthState: EnumTypeDefinition
      Hello: MessageTypeDefinition<_meridian_v1_Hello, _meridian_v1_Hello__Output>
      Interest: MessageTypeDefinition<_meridian_v1_Interest, _meridian_v1_Interest__Output>
      NameState: MessageTypeDefinition<_meridian_v1_NameState, _meridian_v1_NameState__Output>
      Network: MessageTypeDefinition<_meridian_v1_Network, _meridian_v1_Network__Output>
      ReplicaKind: EnumTypeDefinition
      Rrset: MessageTypeDefinition<_meridian_v1_Rrset, _meridian_v1_Rrset__Output>
      Rrsets: MessageTypeDefinition<_meridian_v1_Rrsets, _meridian_v1_Rrsets__Output>
      Service: MessageTypeDefinition<_meridian_v1_Service, _meridian_v1_Service__Output>
      Soa: MessageTypeDefinition<_meridian_v1_Soa, _meridian_v1_Soa__Output>
      StatePart: MessageTypeDefinition<_meridian_v1_StatePart, _meridian_v1_StatePart__Output>
      Sync: SubtypeConstructor<typeof grpc.Client, _meridian_v1_SyncClient> & { service: _meridian_v1_SyncDefinition }
      WatchRequest: MessageTypeDefinition<_meridian_v1_WatchRequest, _meridian_v1_WatchRequest__Output>
      WatchResponse: MessageTypeDefinition<_meridian_v1_WatchResponse, _meridian_v1_WatchResponse__Output>
      Welcome: MessageTypeDefinition<_meridian_v1_Welcome, _meridian_v1_Welcome__Output>
      Zone: MessageTypeDefinition<_meridian_v1_Zone, _meridian_v1_Zone__Output>
      ZoneSerial: MessageTypeDefinition<_meridian_v1_ZoneSerial, _meridian_v1_ZoneSerial__Output>
    }
  }
}

