// Original file: proto/meridian/v1/sync.proto

export const ReplicaKind = {
  ON_DEMAND: 'ON_DEMAND',
  FULL: 'FULL',
} as const;

export type ReplicaKind =
  | 'ON_DEMAND'
  | 0
  | 'FULL'
  | 1

export type ReplicaKind__Output = typeof ReplicaKind[keyof typeof ReplicaKind]
