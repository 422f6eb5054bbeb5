/** A failure of a request, as the server described it, or as we describe it when no server answered. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  readonly code: string
  readonly status: number
  readonly hint: string
  readonly requestId: string
  readonly field: string | undefined
  /** What the message names, such as the parameter that is meant. */
  readonly params: Readonly<Record<string, unknown>>

  constructor(problem: {
    readonly code: string
    readonly status: number
    readonly message: string
    readonly hint?: string | undefined
    readonly requestId?: string | undefined
    readonly field?: string | undefined
    readonly params?: Readonly<Record<string, unknown>> | undefined
    readonly cause?: unknown
  }) {
    super(problem.message, problem.cause === undefined ? {} : { cause: problem.cause })
    this.code = problem.code
    this.status = problem.status
    this.hint = problem.hint ?? ''
    this.requestId = problem.requestId ?? ''
    this.field = problem.field
    this.params = problem.params ?? {}
  }

  get isNotFound(): boolean {
    return this.status === 404
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const record = (value: unknown) =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined

/** Reads a problem document; a reply that is none still gives its status. */
export async function readProblem(reply: Response): Promise<ApiProblem> {
  const body: unknown = await reply.json().catch(() => undefined)
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Readonly<Record<string, unknown>>
  return new ApiProblem({
    code: text(fields.code) ?? `http_${reply.status}`,
    status: reply.status,
    message: text(fields.detail) ?? text(fields.title) ?? `${reply.status} ${reply.statusText}`.trim(),
    hint: text(fields.hint),
    requestId: text(fields.request_id) ?? reply.headers.get('x-request-id') ?? undefined,
    field: text(fields.field),
    params: record(fields.params),
  })
}
