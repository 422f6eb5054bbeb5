/** One bound of the program. */
export interface Limit {
  readonly default: number
  readonly unit: string
  readonly description: string
}
