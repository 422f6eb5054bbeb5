import { addDataProfile, addDataValidate } from './data-commands.js'
import { addDriftReport } from './drift-commands.js'
import { addFeaturesJoin } from './feature-commands.js'
import { newProgram, runProgram } from './program.js'

/** Runs one of the verbs on plain files that are over before the other commands would be there; the build makes one file of all that they load. */
export async function runFileVerb(argv: readonly string[]): Promise<void> {
  const program = newProgram()
  const data = program.command('data')
  addDataProfile(data)
  addDataValidate(data)
  addDriftReport(program.command('drift'))
  addFeaturesJoin(program.command('features'))
  await runProgram(program, argv)
}
