// Original file: proto/meridian/v1/sync.proto


export interface ZoneSerial {
  'apex'?: (string);
  'serial'?: (number);
}

export interface ZoneSerial__Output {
  'apex': (string);
  'serial': (number);
}
