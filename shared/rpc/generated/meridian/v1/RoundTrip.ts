// Original file: proto/meridian/v1/health.proto


export interface RoundTrip {
  'cluster'?: (string);
  'microseconds'?: (number);
}

export interface RoundTrip__Output {
  'cluster': (string);
  'microseconds': (number);
}
