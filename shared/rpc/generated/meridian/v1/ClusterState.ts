// Original file: proto/meridian/v1/registry.proto

export const ClusterState = {
  ACTIVE: 'ACTIVE',
  DRAINING: 'DRAINING',
  DISABLED: 'DISABLED',
} as const;

export type ClusterState =
  | 'ACTIVE'
  | 0
  | 'DRAINING'
  | 1
  | 'DISABLED'
  | 2

export type ClusterState__Output = typeof ClusterState[keyof typeof ClusterState]
