// Original file: proto/coredns/dns.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { DnsPacket as _coredns_dns_DnsPacket, DnsPacket__Output as _coredns_dns_DnsPacket__Output } from '../../coredns/dns/DnsPacket.ts';

export interface DnsServiceClient extends grpc.Client {
  Query(argument: _coredns_dns_DnsPacket, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_coredns_dns_DnsPacket__Output>): grpc.ClientUnaryCall;
  Query(argument: _coredns_dns_DnsPacket, metadata: grpc.Metadata, callback: grpc.requestCallback<_coredns_dns_DnsPacket__Output>): grpc.ClientUnaryCall;
  Query(argument: _coredns_dns_DnsPacket, options: grpc.CallOptions, callback: grpc.requestCallback<_coredns_dns_DnsPacket__Output>): grpc.ClientUnaryCall;
  Query(argument: _coredns_dns_DnsPacket, callback: grpc.requestCallback<_coredns_dns_DnsPacket__Output>): grpc.ClientUnaryCall;
  query(argument: _coredns_dns_DnsPacket, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_coredns_dns_DnsPacket__Output>): grpc.ClientUnaryCall;
  query(argument: _coredns_dns_DnsPacket, metadata: grpc.Metadata, callback: grpc.requestCallback<_coredns_dns_DnsPacket__Output>): grpc.ClientUnaryCall;
  query(argument: _coredns_dns_DnsPacket, options: grpc.CallOptions, callback: grpc.requestCallback<_coredns_dns_DnsPacket__Output>): grpc.ClientUnaryCall;
  query(argument: _coredns_dns_DnsPacket, callback: grpc.requestCallback<_coredns_dns_DnsPacket__Output>): grpc.ClientUnaryCall;
  
}

export interface DnsServiceHandlers extends grpc.UntypedServiceImplementation {
  Query: grpc.handleUnaryCall<_coredns_dns_DnsPacket__Output, _coredns_dns_DnsPacket>;
  
}

export interface DnsServiceDefinition extends grpc.ServiceDefinition {
  Query: MethodDefinition<_coredns_dns_DnsPacket, _coredns_dns_DnsPacket, _coredns_dns_DnsPacket__Output, _coredns_dns_DnsPacket__Output>
}
