import { afterAll, beforeAll } from 'vitest'
import { cleanUp, copyOfIris, type RunningFabrique, startFabrique } from './running-fabrique.js'

/**
 * `fabrique up` on a copy of the iris example, for all tests of a file; its first loop is over. `environmentOf` gives settings of the folder.
 */
export function irisServer(
  environmentOf: (folder: string) => Promise<Readonly<Record<string, string>>> = async () => ({}),
): RunningFabrique & { readonly folder: string } {
  let folder = ''
  let running: RunningFabrique | undefined
  beforeAll(async () => {
    folder = copyOfIris()
    running = await startFabrique(folder, ['--port', '0'], await environmentOf(folder))
  })
  afterAll(() => cleanUp(folder))
  const started = () => {
    if (running === undefined) throw new Error('The server is asked for before it is started')
    return running
  }
  return {
    get folder() {
      return folder
    },
    get url() {
      return started().url
    },
    get pid() {
      return started().pid
    },
    output: () => started().output(),
    end: (signal) => started().end(signal),
  }
}
