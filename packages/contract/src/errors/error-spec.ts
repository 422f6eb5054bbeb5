/** What one error code means, on the wire, in the terminal and for a person. */
export interface ErrorSpec {
  /** HTTP status of a reply that carries this code. */
  readonly status: number
  /** Exit status of the command line: 1 a check said no, 2 wrong use, 3 failed. */
  readonly exit: 1 | 2 | 3
  /** What happened, with `{placeholders}`; capital first, no final period. */
  readonly en: string
  readonly fr: string
  /** What to do about it. */
  readonly hintEn: string
  readonly hintFr: string
  /** Code of the MLflow protocol, where the error crosses it. */
  readonly mlflow?: string
  /** Message of the MLflow protocol where its clients match on the text; the English one otherwise. */
  readonly mlflowMessage?: string
}
