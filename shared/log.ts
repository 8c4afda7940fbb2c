import { pino, type Logger as PinoLogger } from 'pino'
import { systemClock } from './clock.ts'

/** Structured JSON log on stderr: constant lowercase message, values as fields. */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'child'>

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** Creates the root logger of a process. `base` fields stand in every line. */
export function createLogger(level: LogLevel, base: Readonly<Record<string, string>>): Logger {
  return pino(
    {
      level,
      base,
      timestamp: () => `,"time":"${new Date(systemClock.epochMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ fd: 2, sync: false }),
  )
}
