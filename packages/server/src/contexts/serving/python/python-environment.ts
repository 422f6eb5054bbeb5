import { userEnvironment } from '../../../platform/programs/user-environment.js'

/** Memory of a Python process where no setting says another. */
export const pythonMemoryBytesMax = 4096 * 1024 * 1024

/** What a Python with a model sees of an environment: nothing that is secret. */
export function pythonEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return { ...userEnvironment(environment), MLFLOW_DISABLE_TELEMETRY: 'true' }
}
