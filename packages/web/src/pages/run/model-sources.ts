import type { Run } from '@fabrique/contract'

export interface ModelSource {
  readonly id: string
  /** Path of the folder, or the name of the logged model. */
  readonly label: string
  readonly body: { readonly run_id: string; readonly path: string } | { readonly logged_model_id: string }
}

/** Everything of a run that can be registered: models that MLflow 3 clients logged, then folders with an MLmodel. */
export function modelSources(
  run: Pick<Run, 'id' | 'logged_models'>,
  folders: readonly string[],
): readonly ModelSource[] {
  return [
    ...(run.logged_models ?? []).map(({ id, name }) => ({ id, label: name, body: { logged_model_id: id } })),
    ...folders.map((path) => ({ id: `path:${path}`, label: path, body: { run_id: run.id, path } })),
  ]
}

/** What the request says of the chosen source. */
export function registerBody(run: Pick<Run, 'id'>, sources: readonly ModelSource[], chosen: string) {
  const source = sources.find(({ id }) => id === chosen) ?? sources[0]
  return { run_id: run.id, ...source?.body }
}
