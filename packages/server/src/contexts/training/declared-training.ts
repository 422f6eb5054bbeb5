import type { ModelDefinition, TrainingRequest } from '@fabrique/contract'

/** The data set of the training sets of a model on a feature service. */
export function trainingSetName(model: string): string {
  return `${model}-training`
}

/**
 * A declared model as a request to train it. It becomes a version of the model, which is compared with the champion.
 * @param snapshot a snapshot by its id
 */
export function declaredTraining(model: ModelDefinition, snapshot: string): TrainingRequest {
  const { name, label, task, features, estimator, auto, search, columns, feature_steps, weight, folds } = model
  return {
    snapshot,
    target: label,
    task,
    features,
    split: model.split,
    seed: model.seed,
    learning_curve: model.learning_curve,
    ...(estimator === undefined ? {} : { estimator }),
    ...(auto === undefined ? {} : { auto }),
    ...(search === undefined ? {} : { search }),
    ...(columns === undefined ? {} : { columns }),
    ...(feature_steps === undefined ? {} : { feature_steps }),
    ...(weight === undefined ? {} : { weight }),
    ...(folds === undefined ? {} : { folds }),
    ...(model.calibration === undefined ? {} : { calibration: model.calibration }),
    ...(model.threshold === undefined ? {} : { threshold: model.threshold }),
    register: name,
    promote: 'if_better',
    ...(model.promote_metric === undefined ? {} : { promote_metric: model.promote_metric }),
  }
}
