// Original file: proto/meridian/v1/registry.proto


export interface Network {
  'id'?: (string);
  'prefixes'?: (string)[];
  'cluster'?: (string);
  'latitude'?: (number | string);
  'longitude'?: (number | string);
  'country'?: (string);
  'region'?: (string);
  'continent'?: (string);
  'asn'?: (number);
}

export interface Network__Output {
  'id': (string);
  'prefixes': (string)[];
  'cluster': (string);
  'latitude': (number);
  'longitude': (number);
  'country': (string);
  'region': (string);
  'continent': (string);
  'asn': (number);
}
