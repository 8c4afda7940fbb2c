import type { Io } from '../call.ts'
import type { Answer, Request } from '../client.ts'
import { EXIT_FAILED, EXIT_OK } from '../../shared/exit.ts'
import { renderJson } from '../output.ts'

/** Central waits 10 s for its edges; the rest is for the write itself and a slow network. */
export const WAIT_DEADLINE_MS = 30_000

/** The query of a write that is to be answered when every connected edge serves it. */
export function waitQuery({ wait }: { readonly wait: boolean }): NonNullable<Request['query']> {
  return wait ? { wait: 'edges' } : {}
}

export interface Written {
  readonly verb: 'created' | 'changed' | 'deleted' | 'no change of'
  readonly title: string
  readonly answer: Answer
}

/** Prints what a write did. It failed when edges were waited for and some do not serve it yet. */
export function reportWrite(
  io: Io,
  { verb, title, answer }: Written,
  options: { readonly output: 'table' | 'json'; readonly wait: boolean },
): number {
  if (options.output === 'json') io.out(renderJson(answer.body))
  else io.out(`${verb} ${title} (version ${answer.version ?? 'unknown'}${servedBy(answer)})\n`)
  return exitOfWait(io, answer)
}

/** The exit code of a write; central answers 202 when not all edges serve it in time. */
export function exitOfWait(io: Io, answer: Answer): number {
  if (answer.status !== 202) return EXIT_OK
  const edges = answer.edges ?? 'not all'
  io.err(`error: version ${answer.version ?? 'unknown'} is stored, but ${edges} edges serve it\n`)
  return EXIT_FAILED
}

/** Half a sentence on the edges that serve a change, when they were waited for. */
export function servedBy({ edges }: Answer): string {
  return edges === undefined ? '' : `, served by ${edges} edges`
}
