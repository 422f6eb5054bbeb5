import type { Job } from '@fabrique/contract'
import { ApiProblem, readProblem } from '../../api/api-problem.js'
import { apiPath } from '../../api/client.js'
import { currentCatalogue, currentLanguage } from '../../i18n/language.js'

interface SendFileOptions {
  readonly project: string
  readonly dataset: string
  readonly signal: AbortSignal
  /** Told how many bytes have left, and of how many. */
  readonly onProgress: (done: number, total: number) => void
}

/** Sends a file to become a snapshot, and gives the job that reads it. `fetch` does not tell how much has left; this does. */
export function sendFile(file: File, options: SendFileOptions): Promise<Job> {
  const { project, dataset, signal, onProgress } = options
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', apiPath('uploadDataset', { project, dataset }, { file_name: file.name }))
    request.setRequestHeader('accept-language', currentLanguage())
    request.setRequestHeader('content-type', 'application/octet-stream')
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded, total)
    request.onload = () => {
      const reply = new Response(request.responseText, { status: request.status, statusText: request.statusText })
      if (reply.ok) void reply.json().then(resolve, reject)
      else void readProblem(reply).then(reject, reject)
    }
    request.onerror = () => reject(unreachable())
    request.onabort = () => reject(signal.reason)
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(file)
  })
}

function unreachable(): ApiProblem {
  const { unreachable: message, unreachableHint: hint } = currentCatalogue().problems
  return new ApiProblem({ code: 'server_unreachable', status: 0, message, hint })
}
