// Original file: proto/coredns/dns.proto


export interface DnsPacket {
  'msg'?: (Buffer | Uint8Array | string);
}

export interface DnsPacket__Output {
  'msg': (Buffer);
}
