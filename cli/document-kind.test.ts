import { describe, expect, it } from 'vitest'
import { detectKind } from './document-kind.ts'

describe('detectKind', () => {
  it.each([
    [{ grpc: {}, dataDir: 'x' }, 'central'],
    [{ http: {} }, 'central'],
    [{ listen: {}, cluster: 'sfo' }, 'edge'],
    [{ clusters: [], apps: [] }, 'manifest'],
    [{ zones: [] }, 'manifest'],
    [{ clusters: [], networks: [] }, 'manifest'],
    [{ networks: [] }, 'manifest'],
    [{ clusters: [] }, 'topology'],
    [{ http: {}, listen: {} }, undefined],
    [{ clusters: [], grpc: {} }, undefined],
    [{}, undefined],
    [null, undefined],
    [['grpc'], undefined],
  ])('takes %j for %s', (document, kind) => {
    expect(detectKind(document)).toBe(kind)
  })
})
