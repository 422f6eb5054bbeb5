import { roles } from '@fabrique/contract/client'
import { type Command, Option } from 'commander'

const several = (value: string, before: readonly string[]): readonly string[] => [...before, value]

/** Adds `fabrique login`, `logout`, `users …` and `keys …`. `asking` adds the flags of commands that talk to a server. */
export function addAuthCommands(program: Command, asking: (command: Command) => Command): void {
  asking(program.command('login').description('log in, and keep a key for the commands that ask this server'))
    .option('--name <user>', 'who; asked for without it')
    .option('--key', 'by a key that the pages made, which is asked for: for who logs in at an identity provider')
    .action(async (flags) => (await import('./commands/login.js')).login(flags))
  asking(program.command('logout').description('revoke that key')).action(async (flags) =>
    (await import('./commands/login.js')).logout(flags),
  )
  addUserCommands(program, asking)
  addKeyCommands(program, asking)
}

function addUserCommands(program: Command, asking: (command: Command) => Command): void {
  const users = program.command('users').description('say who may use a server')
  const command = (name: string, description: string) =>
    asking(users.command(name).argument('<user>').description(description))
  asking(users.command('ls').description('list users')).action(async (flags) =>
    (await import('./commands/users.js')).usersLs(flags),
  )
  command('add', 'add a user; the password is asked for, or read from the input')
    .addOption(new Option('--role <role>', 'what the user may').choices(roles).default('viewer'))
    .option('--model <name>', 'only this model to predict with and to change; may be given several times', several, [])
    .option('--link', 'let the user choose the password by a one-time link, which is printed')
    .action(async (name: string, flags) => (await import('./commands/users.js')).usersAdd(name, flags))
  command('link', 'print a one-time link by which a user chooses a password').action(async (name: string, flags) =>
    (await import('./commands/users.js')).usersLink(name, flags),
  )
  command('set-models', 'say which models a user may predict with and change; without any, all')
    .option('--model <name>', 'this one; may be given several times', several, [])
    .action(async (name: string, flags) => (await import('./commands/users.js')).usersSetModels(name, flags))
  asking(
    users
      .command('set-role')
      .argument('<user>')
      .argument('<role>', roles.join(', '))
      .description('say what a user may'),
  ).action(async (name: string, role: string, flags) =>
    (await import('./commands/users.js')).usersSetRole(name, role, flags),
  )
  command('set-password', 'set a new password, which is asked for').action(async (name: string, flags) =>
    (await import('./commands/users.js')).usersSetPassword(name, flags),
  )
  command('disable', 'keep a user from logging in, and end all sessions').action(async (name: string, flags) =>
    (await import('./commands/users.js')).usersSwitch(name, false, flags),
  )
  command('enable', 'let a user log in again').action(async (name: string, flags) =>
    (await import('./commands/users.js')).usersSwitch(name, true, flags),
  )
  command('rm', 'remove a user with keys and sessions').action(async (name: string, flags) =>
    (await import('./commands/users.js')).usersRm(name, flags),
  )
}

function addKeyCommands(program: Command, asking: (command: Command) => Command): void {
  const keys = program.command('keys').description('make and revoke the keys of programs')
  asking(keys.command('ls').description('list your keys'))
    .option('--all', 'those of all users')
    .action(async (flags) => (await import('./commands/keys.js')).keysLs(flags))
  asking(keys.command('add').argument('<name>', 'what it is for').description('make a key; it is shown once'))
    .option('--scope <permission>', 'only this, as predictions.make; may be given several times', several, [])
    .option('--model <name>', 'only this model; may be given several times', several, [])
    .option('--days <count>', 'how long it is valid; 0 for ever', '90')
    .option('--user <name>', 'for this user instead of yourself')
    .action(async (name: string, flags) => (await import('./commands/keys.js')).keysAdd(name, flags))
  asking(keys.command('rotate').argument('<key>', 'its id').description('make a new key in the place of one'))
    .option('--overlap <hours>', 'how long the old one stays valid', '24')
    .action(async (id: string, flags) => (await import('./commands/keys.js')).keysRotate(id, flags))
  asking(keys.command('revoke').argument('<key>', 'its id').description('revoke a key at once')).action(
    async (id: string, flags) => (await import('./commands/keys.js')).keysRevoke(id, flags),
  )
}
