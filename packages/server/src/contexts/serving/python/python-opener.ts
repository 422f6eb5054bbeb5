import { FabriqueError } from '@fabrique/contract'
import type { ModelOpener } from '../model-source.js'
import { signatureOfMlflow } from '../signature-of-mlflow.js'
import { pythonEnvironment } from './python-environment.js'
import type { PythonServerOptions } from './python-server.js'

export interface PythonOpenerOptions extends Pick<PythonServerOptions, 'memoryBytesMax' | 'log' | 'clock'> {
  /** The Python of the settings; without it such models are refused. */
  readonly python: string | undefined
  /** Of this process; the models see what is no secret. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Opens the flavours of MLflow that only Python loads. Throws `python_not_configured`. */
export function pythonOpener({ python, environment, ...options }: PythonOpenerOptions): ModelOpener {
  return {
    takes: ({ description }) => description?.hasPyfunc === true,
    async open({ model, version, signature, description, files }, observer) {
      if (python === undefined) throw new FabriqueError('python_not_configured', { model, version })
      const { folder, release } = await files.checkOut()
      try {
        // Loaded at first use: most servers have ONNX models only.
        const { openPythonRuntime } = await import('./python-runtime.js')
        const runtime = await openPythonRuntime({
          ...options,
          python,
          environment: pythonEnvironment(environment),
          model,
          version,
          folder,
          observer,
          onReleased: release,
        })
        return { runtime, signature: signature ?? (await signatureOfMlflow(description?.signature, runtime, [])) }
      } catch (error) {
        await release()
        throw error
      }
    },
  }
}
