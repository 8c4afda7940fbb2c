import { createRequire } from 'node:module'
import { join } from 'node:path'
import { messageOf } from '../errors.ts'
import { packageRoot } from '../package-root.ts'

/** Where the install step puts the addon, for a checkout and for `dist/`. */
export const builtFile = join(packageRoot(), 'shared', 'native', 'build', 'batch.node')

/** What batch.c exports; negative numbers are errno. */
export interface Addon {
  open(
    address: string,
    memory: Uint8Array,
    port: number,
    batch: number,
    slotBytes: number,
    receiveBufferBytes: number,
    sendBufferBytes: number,
    reusePort: 0 | 1,
  ): readonly [handle: number, port: number] | number
  turn(handle: number, count: number, timeoutMs: number): number
  wake(handle: number): boolean
  sendTo(
    handle: number,
    wire: Uint8Array,
    length: number,
    peers: Uint8Array,
    peerOffset: number,
  ): number
  close(handle: number): void
  giveWay(this: void): void
}

export type AddonLoaded =
  { readonly ok: true; readonly addon: Addon } | { readonly ok: false; readonly reason: string }

/** Loads the addon; `reason` says why it cannot be. Never throws. `file` is for its own test. */
export function loadAddon(file: string = builtFile): AddonLoaded {
  try {
    const addon: unknown = createRequire(import.meta.url)(file)
    if (!isAddon(addon)) return { ok: false, reason: `${file}: not the addon of this version` }
    return { ok: true, addon }
  } catch (err) {
    return { ok: false, reason: messageOf(err).split('\n')[0] ?? file }
  }
}

function isAddon(value: unknown): value is Addon {
  const names = ['open', 'turn', 'wake', 'sendTo', 'close', 'giveWay'] as const
  return (
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof Reflect.get(value, name) === 'function')
  )
}
