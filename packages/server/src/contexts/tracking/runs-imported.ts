interface Counts {
  readonly experiments?: number
  readonly runs?: number
  readonly models?: number
}

/** What is told of a part of an import: how many things it made. */
export function runsImported({ experiments = 0, runs = 0, models = 0 }: Counts) {
  return { subject: 'imports/mlflow', event: 'runs.imported', payload: { experiments, runs, models } } as const
}
