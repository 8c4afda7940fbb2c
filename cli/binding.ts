import type { Command } from 'commander'
import type { Load } from './call.ts'

/** Gives a command its module, imported when it runs. */
export type Bind = (command: Command, load: Load) => void

/** Adds examples at the end of a help text. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ meridian ${example}`)
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
}
