import { execFile } from 'node:child_process'

export interface OutputOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly timeoutMs?: number
}

/** To say a version takes no time. */
const TIMEOUT_MS = 10_000

/**
 * What a program prints on stdout and stderr, whatever its exit code is: some say their version beside
 * an error. Undefined when there is no such program.
 */
export function readOutput(
  command: string,
  args: readonly string[],
  { env, cwd, timeoutMs = TIMEOUT_MS }: OutputOptions = {},
): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, { env, cwd, timeout: timeoutMs }, (err, stdout, stderr) => {
      resolve(err?.code === 'ENOENT' ? undefined : `${stdout}${stderr}`)
    })
  })
}
