// Original file: proto/meridian/v1/registry.proto


export interface Soa {
  'mname'?: (string);
  'rname'?: (string);
  'refresh'?: (number);
  'retry'?: (number);
  'expire'?: (number);
  'minimum'?: (number);
  'ttl'?: (number);
}

export interface Soa__Output {
  'mname': (string);
  'rname': (string);
  'refresh': (number);
  'retry': (number);
  'expire': (number);
  'minimum': (number);
  'ttl': (number);
}
