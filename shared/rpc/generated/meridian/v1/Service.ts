// Original file: proto/meridian/v1/registry.proto


export interface Service {
  'alpn'?: (string)[];
  'port'?: (number);
  'https'?: (boolean);
  'srv'?: (boolean);
}

export interface Service__Output {
  'alpn': (string)[];
  'port': (number);
  'https': (boolean);
  'srv': (boolean);
}
