// Original file: proto/meridian/v1/registry.proto


export interface Endpoint {
  'cluster'?: (string);
  'addresses'?: (string)[];
  'port'?: (number);
  'weight'?: (number);
  'priority'?: (number);
  'owner'?: (string);
}

export interface Endpoint__Output {
  'cluster': (string);
  'addresses': (string)[];
  'port': (number);
  'weight': (number);
  'priority': (number);
  'owner': (string);
}
