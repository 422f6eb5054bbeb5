import { type Config, readConfig } from '@fabrique/server'

/** The options of a command as the parser gives them. */
export type Flags = Readonly<Record<string, unknown>>

/** The configuration of a command, from its flags, the environment and the settings file of the project. */
export function configOf(dir: string, flags: Flags): Config {
  return readConfig({ flags, env: process.env, projectDir: dir })
}
