import type { Command } from 'commander'
import { withExamples, type Bind } from './binding.ts'

/** Adds `records`: list, get, put and delete of static records. */
export function addRecordCommands(program: Command, bind: Bind): void {
  const records = program
    .command('records')
    .description('static records of zones, as rrsets: those of one name and type')

  const list = records
    .command('list')
    .description('list the records of a zone, over as many pages as there are')
    .argument('<zone>')
    .option('--name <name>', 'only those of this name, @ for the apex')
    .option('--type <type>', 'only those of this type, such as MX')
    .option('--limit <n>', 'at most so many rrsets')
  withExamples(list, 'records list example', 'records list example --type MX --output json')
  bind(list, async () => (await import('./commands/records.ts')).listRecords)

  const get = records.command('get').description('show the records of a name and type')
  withExamples(get, 'records get www.example A', 'records get @ MX --zone example')
  bind(withKey(get), async () => (await import('./commands/records.ts')).getRecords)

  const put = records
    .command('put')
    .description('create the records of a name and type, or replace all of them')
  withKey(put)
    .argument('<ttl>', 'seconds, or 1h30m')
    .argument('<rdata...>', 'data of each record as in a zone file, names absolute')
    .option('--wait', 'end when every connected edge serves the change')
  withExamples(
    put,
    'records put www.example A 300 192.0.2.1 192.0.2.2',
    "records put example MX 1h '10 mail.example.' '20 mail.example.org.' --wait",
    'records put example TXT 1h \'"v=spf1 -all"\'',
  )
  bind(put, async () => (await import('./commands/records.ts')).putRecords)

  const remove = records.command('delete').description('delete the records of a name and type')
  withKey(remove).option('--wait', 'end when every connected edge serves the change')
  withExamples(remove, 'records delete www.example A')
  bind(remove, async () => (await import('./commands/records.ts')).deleteRecords)
}

function withKey(command: Command): Command {
  return command
    .argument('<name>', 'absolute name; @ for the apex of --zone')
    .argument('<type>', 'mnemonic such as MX, or TYPE65280')
    .option('--zone <apex>', 'zone of the name; else the one that central has nearest above it')
}
