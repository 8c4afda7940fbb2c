import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where Debian puts servers; the PATH of a user lacks it. */
const serverFolders = ['/usr/sbin', '/usr/local/sbin']

/**
 * The path of a program. Throws when it is not installed, with the Debian package that has it: what
 * these tests need and do not find fails them, it is never passed over.
 */
export function requireTool(tool: string, debianPackage: string): string {
  return find(tool, `apt-get install ${debianPackage}`)
}

/** The path of Go, which builds CoreDNS. Throws when it is not installed. */
export function requireGo(): string {
  return find('go', 'Go 1.25 or later, see https://go.dev/doc/install')
}

function find(tool: string, way: string): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter).concat(serverFolders)
  const found = folders.map((folder) => join(folder, tool)).find(isExecutable)
  if (found !== undefined) return found
  throw new Error(`${tool} is not installed, the interop tests want it: ${way}`)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
