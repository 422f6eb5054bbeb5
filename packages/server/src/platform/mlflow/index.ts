/**
 * What every context needs to speak the MLflow protocol: endpoints, requests, replies, errors, filters and page tokens.
 *
 * A context lists its endpoints with `defineMlflowEndpoints` and mounts them with `mountMlflowEndpoints`; the app calls
 * `answerUnknownMlflow` once, so that every other path below the MLflow prefixes is answered as MLflow does.
 */
export * from './endpoint.js'
export * from './filter.js'
export * from './json.js'
export * from './json-shape.js'
export * from './mount.js'
export * from './page-token.js'
export * from './params.js'
export * from './replies.js'
