import type { Command } from 'commander'
import { createProgram } from '../../cli/program.ts'
import { packageRoot } from '../../shared/package-root.ts'

/** The width of a terminal that nobody has widened. */
const HELP_COLUMNS = 80

/** Shows the help text of `meridian` and of every command below it. */
export function describeCommands(): string {
  let printed = ''
  const io = {
    out: (text: string) => void (printed += text),
    err: () => undefined,
    stdin: process.stdin,
    isErrTty: false,
    cwd: packageRoot(),
  }
  const program = createProgram(io, async () => undefined)
  const sections: string[] = []
  for (const command of commandsUnder(program)) {
    command.configureOutput({ getOutHelpWidth: () => HELP_COLUMNS })
    printed = ''
    command.outputHelp()
    sections.push(`## ${titleOf(command)}\n\n\`\`\`text\n${printed.trimEnd()}\n\`\`\`\n`)
  }
  return sections.join('\n')
}

function* commandsUnder(command: Command): Iterable<Command> {
  yield command
  for (const inner of command.commands) yield* commandsUnder(inner)
}

function titleOf(command: Command): string {
  const words = [command.name()]
  for (let at = command.parent; at !== null; at = at.parent) words.unshift(at.name())
  return words.join(' ')
}
