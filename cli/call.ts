/** What a command may touch of the process that it runs in. */
export interface Io {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly stdin: AsyncIterable<unknown>
  /** Whether a person looks at stderr, who may like to see progress. */
  readonly isErrTty: boolean
  readonly cwd: string
}

/** One call of a command: operands in their order, options by name, not checked yet. */
export interface Call {
  readonly args: readonly string[]
  readonly options: unknown
  readonly io: Io
}

/** A command returns its exit code; what it throws becomes one line and exit code 1 or 2. */
export type Run = (call: Call) => Promise<number>

/** Imports the module of a command when it is called. */
export type Load = () => Promise<Run>

/** Runs what was loaded and keeps the exit code. */
export type Dispatch = (load: Load, call: Omit<Call, 'io'>) => Promise<void>
