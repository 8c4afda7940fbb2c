// Original file: proto/meridian/v1/registry.proto


export interface Rrset {
  'type'?: (number);
  'ttl'?: (number);
  'rdata'?: (string)[];
}

export interface Rrset__Output {
  'type': (number);
  'ttl': (number);
  'rdata': (string)[];
}
