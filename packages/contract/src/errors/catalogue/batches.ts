import type { ErrorSpec } from '../error-spec.js'

/** Batch predictions. */
export const batchErrors = {
  batch_not_found: {
    status: 404,
    exit: 2,
    en: 'Batch prediction {batch} does not exist',
    fr: 'La prédiction par lot {batch} n’existe pas',
    hintEn: 'List the batch predictions of the model',
    hintFr: 'Affichez les prédictions par lot du modèle',
  },
  batch_refused: {
    status: 422,
    exit: 2,
    en: 'The model cannot be asked for these rows: {reason}',
    fr: 'Le modèle ne peut pas répondre à ces lignes : {reason}',
    hintEn:
      'Give rows with the columns that the model was trained on; columns to keep and columns of a matrix can be chosen',
    hintFr:
      'Donnez des lignes avec les colonnes d’entraînement du modèle ; les colonnes à garder et celles d’une matrice se choisissent',
  },
  batch_changed: {
    status: 409,
    exit: 2,
    en: 'The unfinished work in {folder} is of something else; changed: {what}',
    fr: 'Le travail inachevé dans {folder} portait sur autre chose ; a changé : {what}',
    hintEn: 'Give the same model, rows and options as before, or begin anew without --resume',
    hintFr: 'Donnez les mêmes modèle, lignes et options qu’avant, ou recommencez sans --resume',
  },
  batch_rows_rejected: {
    status: 422,
    exit: 1,
    en: '{rejected} of the first {rows} rows were set aside, more than the limit of {limit}',
    fr: '{rejected} des {rows} premières lignes ont été écartées, plus que la limite de {limit}',
    hintEn: 'Correct the rows, or allow more; on plain files their reasons stand in the file of rejected rows',
    hintFr:
      'Corrigez les lignes, ou permettez-en plus ; sur des fichiers, leurs raisons sont dans le fichier des lignes écartées',
  },
  batch_crashed: {
    status: 500,
    exit: 3,
    en: 'The process of the batch prediction ended without an answer: {reason}',
    fr: 'Le processus de la prédiction par lot s’est terminé sans réponse : {reason}',
    hintEn: 'Start it again; the log tells more',
    hintFr: 'Relancez-la ; le journal en dit plus',
  },
  batch_memory_exceeded: {
    status: 422,
    exit: 3,
    en: 'The batch prediction needed more than {limit_bytes} bytes of memory',
    fr: 'La prédiction par lot a demandé plus de {limit_bytes} octets de mémoire',
    hintEn: 'Keep fewer columns, or allow more memory',
    hintFr: 'Gardez moins de colonnes, ou permettez plus de mémoire',
  },
  model_not_batchable: {
    status: 422,
    exit: 2,
    en: 'Version {version} of {model} cannot answer batches: {reason}',
    fr: 'La version {version} de {model} ne peut pas répondre par lots : {reason}',
    hintEn: 'Batches are answered by versions with an ONNX file that is kept here',
    hintFr: 'Seules répondent par lots les versions dont le fichier ONNX est conservé ici',
  },
} as const satisfies Record<string, ErrorSpec>
