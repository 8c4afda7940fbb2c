import type { Command } from 'commander'
import { Option } from 'commander'
import { withExamples, type Bind } from './binding.ts'

/** Adds what is done with the log of changes: `events`, `replay`, `rollback`, `log verify`, `audit`. */
export function addLogCommands(program: Command, bind: Bind): void {
  addEventsCommand(program, bind)
  addPastCommands(program, bind)
  addAuditCommand(program, bind)
}

function addEventsCommand(program: Command, bind: Bind): void {
  const events = program
    .command('events')
    .description(
      'list the changes that central accepted, oldest first; or follow them as they come',
    )
    .option('--after <version>', 'only those after this version')
    .option('--last <n>', 'only those among the last n changes')
    .option('--since <time>', 'only those at or after this time')
    .option('--until <time>', 'only those until this time')
    .option('--zone <apex>', 'only what is about this zone and the names in it')
    .option('--app <name>', 'only what is about this app')
    .option('--name <name>', 'only what is about exactly this name')
    .option('--cluster <id>', 'only what is about this cluster')
    .option('--actor <name>', 'only what was done with this token; system: by central itself')
    .option('--type <type>', 'only events of this type, such as app-put')
    .option('--limit <n>', 'at most so many; 100 when not given, with --follow all that come')
    .option('--follow', 'go on with what comes; comes back by itself when central was away')
  withExamples(
    events,
    'events --after 41',
    'events --last 20 --zone example',
    'events --app video.example --since 2026-12-01T22:00:00Z --output json',
    'events --follow --actor ci',
  )
  bind(events, async () => (await import('./commands/events.ts')).showEvents)
}

function addPastCommands(program: Command, bind: Bind): void {
  const replay = program
    .command('replay')
    .description('print all that operators had put at a version or a time, as a manifest')
    .option('--to <version|time>', 'the moment; without it now')
    .option('--verify', 'fold the whole log, and compare with the state that central serves')
  withExamples(
    replay,
    'replay --to 41 > mesh.yaml',
    'replay --to 2026-12-01T22:00:00Z --output json',
    'replay --verify',
  )
  bind(replay, async () => (await import('./commands/replay.ts')).replay)

  const rollback = program
    .command('rollback')
    .description(
      'make what operators have put as it was, as one new change; shows it and asks first',
    )
    .requiredOption('--to <version|time>', 'the moment that is to be as it was')
    .option('--zone <apex...>', 'only these zones, with their records and apps')
    .option('--app <name...>', 'only these apps, with their endpoints')
    .option('--dry-run', 'print the diff, change nothing')
    .option('--yes', 'do not ask')
    .option('--confirm', 'even when the guard of central finds that too much goes')
    .option('--wait', 'end when every connected edge serves the change')
  withExamples(
    rollback,
    'rollback --to 41 --dry-run',
    'rollback --to 41 --zone example --yes --wait',
    'rollback --to 2026-12-01T22:00:00Z --app video.example',
  )
  bind(rollback, async () => (await import('./commands/rollback.ts')).rollBack)

  const log = program.command('log').description('look after the log of changes')
  const verify = log
    .command('verify')
    .description(
      'check every record of the log against the chain of hashes; exit code 1 when damaged',
    )
    .option('--data-dir <dir>', 'that of a central that is stopped; without it central is asked')
    .addOption(
      new Option('--driver <driver>', 'whose file in it: only where it has files of both').choices([
        'sqlite',
        'kafka',
      ]),
    )
  withExamples(verify, 'log verify', 'log verify --data-dir .meridian/central')
  bind(verify, async () => (await import('./commands/log-verify.ts')).verify)
}

function addAuditCommand(program: Command, bind: Bind): void {
  const audit = program
    .command('audit')
    .description('list what was changed and what was refused: who, from where, what; needs a token')
    .option('--since <time>', 'only what was at or after this time')
    .option('--until <time>', 'only what was until this time')
    .option('--actor <name>', 'only what was done with this token')
    .addOption(
      new Option('--outcome <outcome>', 'only what was accepted, or refused').choices([
        'accepted',
        'refused',
      ]),
    )
    .option('--diff', 'with what was there before and after each change')
    .addOption(
      new Option('--export <format>', 'all of it, one entry in a line').choices(['csv', 'json']),
    )
    .option('--limit <n>', 'at most so many; 100 when not given, all with --export')
  withExamples(
    audit,
    'audit --since 2026-12-01T00:00:00Z --actor ci',
    'audit --outcome refused',
    'audit --diff --export csv > audit.csv',
  )
  bind(audit, async () => (await import('./commands/audit.ts')).showAudit)
}
