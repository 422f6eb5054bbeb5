import { type Readable, Transform } from 'node:stream'
import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'

/** The same bytes, which fail beyond the limit and when the source ends early. The source itself is never destroyed. */
export function bounded(content: Readable, bytesMax = limit('http.artifact_bytes_max')): Readable {
  let bytes = 0
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > bytesMax) done(new FabriqueError('body_too_large', { limit_bytes: bytesMax }))
      else done(null, chunk)
    },
  })
  const endedEarly = (cause?: Error) =>
    counter.destroy(new FabriqueError('invalid_request', { field: 'body', reason: 'it ended early' }, { cause }))
  content.on('error', endedEarly)
  content.on('close', () => {
    if (!content.readableEnded) endedEarly()
  })
  // The client may have gone before anyone listened.
  if (content.destroyed && !content.readableEnded) endedEarly(content.errored ?? undefined)
  return content.pipe(counter)
}
