import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { DnsPacket as _coredns_dns_DnsPacket, DnsPacket__Output as _coredns_dns_DnsPacket__Output } from './coredns/dns/DnsPacket.ts';
import type { DnsServiceClient as _coredns_dns_DnsServiceClient, DnsServiceDefinition as _coredns_dns_DnsServiceDefinition } from './coredns/dns/DnsService.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  coredns: {
    dns: {
      DnsPacket: MessageTypeDefinition<_coredns_dns_DnsPacket, _coredns_dns_DnsPacket__Output>
      DnsService: SubtypeConstructor<typeof grpc.Client, _coredns_dns_DnsServiceClient> & { service: _coredns_dns_DnsServiceDefinition }
    }
  }
}

