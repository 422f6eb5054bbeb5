import type { PredictReply } from '@fabrique/contract'
import { apiPath, send } from '../../api/client.js'
import type { Row } from './read-inputs.js'

/** The files of the images of a row, by feature. */
export type Files = Readonly<Record<string, File>>

/** Asks with a form: a file for each image, and the other features as texts. */
export async function predictForm(model: string, row: Row, files: Files): Promise<PredictReply> {
  const body = new FormData()
  for (const [name, value] of Object.entries(row)) {
    const file = files[name]
    if (file === undefined) body.append(name, value === null ? '' : String(value))
    else body.append(name, file)
  }
  const reply = await send(apiPath('predict', { model }), { method: 'POST', body })
  return (await reply.json()) as PredictReply
}
