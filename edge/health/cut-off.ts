import type { Name } from '../../shared/dns/name.ts'
import type { Logger } from '../../shared/log.ts'
import type { OwnVerdicts } from './own-verdicts.ts'
import type { CheckTask, Finding } from './task.ts'

/** Without central for so long, this edge goes by its own findings. */
export const CUT_OFF_MS = 3_000

/**
 * So long after central is back this edge goes on by its own findings: central's verdicts are those of
 * before, until it has been told what edges found meanwhile.
 */
export const RETURN_MS = 5_000

/** What is found of the tasks now. */
export interface Findings {
  findings(): Iterable<Finding>
  taskOf(id: number): CheckTask | undefined
}

export interface CutOffOptions {
  readonly own: OwnVerdicts
  readonly findings: Findings
  /** Hears of names that are to be steered anew. */
  readonly onChange: (name: Name) => void
  readonly logger: Logger
}

/**
 * While central is out of reach, what this edge finds out itself takes the place of the last verdicts: for
 * the endpoints that it checks. When central is back its verdicts count again, soon.
 */
export class CutOff {
  readonly #options: CutOffOptions
  #timer: NodeJS.Timeout | undefined
  #isCutOff = false
  #isReturning = false

  constructor(options: CutOffOptions) {
    this.#options = options
  }

  /** Whether this edge's own findings count. */
  get isCutOff(): boolean {
    return this.#isCutOff
  }

  /** Central is out of reach from now on; may be called again. */
  lost(): void {
    if (this.#isReturning) this.#cancel()
    if (this.#isCutOff) return
    this.#timer ??= setTimeout(() => this.#begin(), CUT_OFF_MS)
  }

  /** Central is back. */
  found(): void {
    this.#cancel()
    if (!this.#isCutOff) return
    this.#isReturning = true
    this.#timer = setTimeout(() => this.#end(), RETURN_MS)
  }

  /** The prober has found something out. */
  take(finding: Finding, { app, cluster }: CheckTask): void {
    if (!this.#isCutOff) return
    this.#options.own.put(app, cluster, finding.state)
    this.#options.onChange(app)
  }

  stop(): void {
    this.#cancel()
  }

  #cancel(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isReturning = false
  }

  #end(): void {
    this.#cancel()
    this.#isCutOff = false
    const { own, onChange } = this.#options
    for (const name of own.clear()) onChange(name)
  }

  #begin(): void {
    this.#timer = undefined
    this.#isCutOff = true
    const { own, findings, onChange, logger } = this.#options
    const names = new Set<Name>()
    for (const { task: id, state } of findings.findings()) {
      const task = findings.taskOf(id)
      if (task === undefined || state === 'unknown') continue
      own.put(task.app, task.cluster, state)
      names.add(task.app)
    }
    for (const name of names) onChange(name)
    if (names.size > 0) logger.warn({ names: names.size }, 'cut off from central, own checks count')
  }
}
