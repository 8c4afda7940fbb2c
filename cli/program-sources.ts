import type { Command } from 'commander'
import { withExamples, type Bind } from './binding.ts'

/** Adds what is seen of the topics that feed zones: `sources` and `dead-letters`. */
export function addSourceCommands(program: Command, bind: Bind): void {
  const sources = program
    .command('sources')
    .description(
      'list the topics that feed zones: where they are, and what became of their messages',
    )
    .option('--limit <n>', 'at most so many')
  withExamples(sources, 'sources', 'sources --output json')
  bind(sources, async () => (await import('./commands/sources.ts')).listSources)

  const letters = program
    .command('dead-letters')
    .description('list the messages of these topics that were refused, the last one first')
    .option('--source <name>', 'only those of this source')
    .option('--reason <reason>', 'only those with this reason, such as record-invalid')
    .option('--limit <n>', 'at most so many; 1,000 are kept')
  withExamples(letters, 'dead-letters --limit 20', 'dead-letters --source dns --output json')
  bind(letters, async () => (await import('./commands/sources.ts')).listDeadLetters)
}
