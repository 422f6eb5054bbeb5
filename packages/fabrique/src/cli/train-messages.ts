import type { Language } from '@fabrique/contract'
import { pluralOf } from './plural.js'

const inEnglish = pluralOf('en')
const inFrench = pluralOf('fr')

/** Texts of `fabrique train`; English is the source. */
const en = {
  reading: 'Reading',
  fit: 'Training',
  folds: 'Folds',
  evaluate: 'Testing',
  learning_curve: 'Learning curve',
  trial: (number: number, all: number) => `trial ${number} of ${all}`,
  iteration: (done: number, total: number) => `${done} of ${total}`,
  model: 'Model',
  task: { classification: 'classification', regression: 'regression' },
  rows: (train: number, test: number) =>
    `${inEnglish(train, '# training row', '# training rows')}, ${inEnglish(test, '# test row', '# test rows')}`,
  metric: 'Metric',
  value: 'Value',
  onTestRows: 'On rows that the model has not seen',
  decision: 'How it decides',
  methods: { sigmoid: 'calibrated by a sigmoid', isotonic: 'calibrated by isotonic regression' },
  heldBack: (rows: number, folds: number) =>
    `learnt from ${inEnglish(rows, '# row', '# rows')} held back in ${folds} folds`,
  beforeAfter: (name: string, before: string, after: string) => `${name} ${before} → ${after}`,
  threshold: (positive: string, value: string) => `${positive} from a probability of ${value} on`,
  bestFor: (goal: string) => `best for ${goal}`,
  curveRows: 'Training rows',
  curveTest: (metric: string) => `${metric} on rows not seen`,
  curveTrain: (metric: string) => `${metric} on the training rows`,
  curveFolds: (folds: number) => `Learning curve: mean over ${folds} folds ± standard deviation`,
  features: 'Features',
  noPreprocessing: 'as they are',
  dropped: 'Left out',
  reasons: { constant: 'always the same', all_missing: 'no value', identifier: 'names the row' },
  readAsNumbers: 'Texts read as numbers',
  blanks: (count: number) => inEnglish(count, '# blank is a missing value', '# blanks are missing values'),
  leaderboard: 'Leaderboard',
  validation: (metric: string) => `${metric} on validation rows`,
  seconds: (value: string) => `${value} s`,
  state: { finished: '', failed: 'failed', skipped: 'skipped' },
  bestParameters: 'Best parameters',
  trials: (all: number, pruned: number, failed: number) =>
    [
      inEnglish(all, '# trial', '# trials'),
      ...(pruned > 0 ? [`${pruned} pruned`] : []),
      ...(failed > 0 ? [`${failed} failed`] : []),
    ].join(', '),
  written: (path: string, size: string) => `${path} (${size}), preprocessing included`,
  notWritten: 'No file was written; --out model.onnx writes it',
  took: (read: string, train: string) => `read in ${read} s, trained and tested in ${train} s`,
  estimators: 'Estimators',
  asked: (job: string) => `A worker trains it as ${job}`,
  version: (model: string, version: string) => `${model}, version ${version}`,
  run: 'Run',
}

export type TrainMessages = typeof en

const fr: TrainMessages = {
  reading: 'Lecture',
  fit: 'Entraînement',
  folds: 'Plis',
  evaluate: 'Test',
  learning_curve: 'Courbe d’apprentissage',
  trial: (number, all) => `essai ${number} sur ${all}`,
  iteration: (done, total) => `${done} sur ${total}`,
  model: 'Modèle',
  task: { classification: 'classification', regression: 'régression' },
  rows: (train, test) =>
    `${inFrench(train, '# ligne d’entraînement', '# lignes d’entraînement')}, ${inFrench(test, '# ligne de test', '# lignes de test')}`,
  metric: 'Métrique',
  value: 'Valeur',
  onTestRows: 'Sur des lignes que le modèle n’a pas vues',
  decision: 'Décision',
  methods: { sigmoid: 'calibré par une sigmoïde', isotonic: 'calibré par régression isotonique' },
  heldBack: (rows, folds) =>
    `appris sur ${inFrench(rows, '# ligne mise de côté', '# lignes mises de côté')} dans ${folds} plis`,
  beforeAfter: (name, before, after) => `${name} ${before} → ${after}`,
  threshold: (positive, value) => `${positive} à partir d’une probabilité de ${value}`,
  bestFor: (goal) => `le meilleur pour ${goal}`,
  curveRows: 'Lignes d’entraînement',
  curveTest: (metric) => `${metric} sur des lignes non vues`,
  curveTrain: (metric) => `${metric} sur les lignes d’entraînement`,
  curveFolds: (folds) => `Courbe d’apprentissage : moyenne sur ${folds} plis ± écart type`,
  features: 'Variables',
  noPreprocessing: 'telles quelles',
  dropped: 'Écartées',
  reasons: { constant: 'toujours la même valeur', all_missing: 'aucune valeur', identifier: 'nomme la ligne' },
  readAsNumbers: 'Textes lus comme des nombres',
  blanks: (count) => inFrench(count, '# vide est une valeur manquante', '# vides sont des valeurs manquantes'),
  leaderboard: 'Classement',
  validation: (metric) => `${metric} sur les lignes de validation`,
  seconds: (value) => `${value} s`,
  state: { finished: '', failed: 'en échec', skipped: 'passé' },
  bestParameters: 'Meilleurs paramètres',
  trials: (all, pruned, failed) =>
    [
      inFrench(all, '# essai', '# essais'),
      ...(pruned > 0 ? [inFrench(pruned, '# abandonné', '# abandonnés')] : []),
      ...(failed > 0 ? [`${failed} en échec`] : []),
    ].join(', '),
  written: (path, size) => `${path} (${size}), prétraitement compris`,
  notWritten: 'Aucun fichier n’a été écrit ; --out model.onnx l’écrit',
  took: (read, train) => `lu en ${read} s, entraîné et testé en ${train} s`,
  estimators: 'Estimateurs',
  asked: (job) => `Un worker l’entraîne : ${job}`,
  version: (model, version) => `${model}, version ${version}`,
  run: 'Exécution',
}

export function trainMessages(language: Language): TrainMessages {
  return language === 'fr' ? fr : en
}
