import { FabriqueError, isFabriqueError } from '@fabrique/contract'

/** What an SDK error tells, as far as it is one: its classes differ between copies of the SDK. */
interface SdkError {
  readonly name: string
  readonly message: string
  readonly code: string | undefined
  readonly status: number | undefined
}

function readError(error: unknown): SdkError {
  const { name, message, code, $metadata } = (typeof error === 'object' && error !== null ? error : {}) as Record<
    string,
    unknown
  >
  const metadata = (typeof $metadata === 'object' && $metadata !== null ? $metadata : {}) as Record<string, unknown>
  return {
    name: typeof name === 'string' ? name : '',
    message: typeof message === 'string' ? message : String(error),
    code: typeof code === 'string' ? code : undefined,
    status: typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined,
  }
}

const denied =
  /^(AccessDenied|AllAccessDisabled|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|Forbidden|CredentialsProviderError|TokenRefreshRequired|AuthorizationHeaderMalformed)/

/** Status of a reply to a request that the server refused, or undefined when none came. */
export function statusOf(error: unknown): number | undefined {
  return readError(error).status
}

/** True when the server said that there is no such object or bucket. */
export function isMissing(error: unknown): boolean {
  const { name, status } = readError(error)
  return status === 404 || name === 'NoSuchKey' || name === 'NoSuchBucket' || name === 'NotFound'
}

/** The error of the catalogue for what the SDK threw about `location`, as `s3://bucket/key`. */
export function toS3Error(error: unknown, location: string, signal?: AbortSignal): unknown {
  if (isFabriqueError(error)) return error
  if (signal?.aborted === true) return signal.reason
  const { name, message, code, status } = readError(error)
  const said = [name === 'Error' || name === '' ? code : name, message]
  const reason = said.filter((part) => part !== undefined && part !== '' && part !== 'UnknownError').join(': ')
  const params = { location, reason: reason.replaceAll(/\s+/g, ' ').slice(0, 300) }
  if (isMissing(error)) return new FabriqueError('s3_not_found', { location }, { cause: error })
  if (status === 412) return new FabriqueError('s3_changed', { location }, { cause: error })
  if (status === 401 || status === 403 || denied.test(name)) {
    return new FabriqueError('s3_denied', params, { cause: error })
  }
  return new FabriqueError('s3_unavailable', params, { cause: error })
}
