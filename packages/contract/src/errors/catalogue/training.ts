import type { ErrorSpec } from '../error-spec.js'

/** Trainings. */
export const trainingErrors = {
  training_data_unfit: {
    status: 422,
    exit: 1,
    en: 'Model {model} cannot be trained on snapshot {snapshot}: {reason}',
    fr: 'Le modèle {model} ne peut pas être entraîné sur l’instantané {snapshot} : {reason}',
    hintEn: 'Correct the data or the model in fabrique.config.ts; the run is marked as failed',
    hintFr: 'Corrigez les données ou le modèle dans fabrique.config.ts ; l’exécution est marquée en échec',
  },
  estimator_param_invalid: {
    status: 422,
    exit: 2,
    en: 'Parameter {param} of estimator {estimator} is not valid: {reason}',
    fr: 'Le paramètre {param} de l’estimateur {estimator} n’est pas valide : {reason}',
    hintEn: 'Parameters have the meaning and defaults of scikit-learn',
    hintFr: 'Les paramètres ont le sens et les valeurs par défaut de scikit-learn',
  },
  estimator_unknown: {
    status: 422,
    exit: 2,
    en: 'There is no estimator {estimator}: there are {known}',
    fr: 'Il n’y a pas d’estimateur {estimator} : il y a {known}',
    hintEn: 'Take one of the list, or --auto to try several',
    hintFr: 'Prenez-en un de la liste, ou --auto pour en essayer plusieurs',
  },
  calibration_needs_classifier: {
    status: 422,
    exit: 2,
    en: 'Nothing can be calibrated: {reason}',
    fr: 'Rien ne peut être calibré : {reason}',
    hintEn: 'Leave the calibration out, or predict classes with a classifier',
    hintFr: 'Retirez la calibration, ou prédisez des classes avec un classifieur',
  },
  threshold_needs_probabilities: {
    status: 422,
    exit: 2,
    en: 'A threshold cannot be set: {reason}',
    fr: 'Aucun seuil ne peut être fixé : {reason}',
    hintEn: 'Ask for a calibration too, which makes probabilities of scores, or take another classifier',
    hintFr: 'Demandez aussi une calibration, qui tire des probabilités des scores, ou prenez un autre classifieur',
  },
  threshold_needs_two_classes: {
    status: 422,
    exit: 2,
    en: 'A threshold cannot be set: {reason}',
    fr: 'Aucun seuil ne peut être fixé : {reason}',
    hintEn: 'Leave the threshold out, or predict a column of two classes',
    hintFr: 'Retirez le seuil, ou prédisez une colonne à deux classes',
  },
  training_refused: {
    status: 422,
    exit: 3,
    en: 'This cannot be trained ({code}): {reason}',
    fr: 'L’entraînement est impossible ({code}) : {reason}',
    hintEn: 'Correct the data or what is asked of it; no model was written',
    hintFr: 'Corrigez les données ou ce qui leur est demandé ; aucun modèle n’a été écrit',
  },
  training_crashed: {
    status: 500,
    exit: 3,
    en: 'The process of the training ended without an answer: {reason}',
    fr: 'Le processus de l’entraînement s’est terminé sans réponse : {reason}',
    hintEn: 'The run is marked as failed and nothing was registered; the log of the worker tells more',
    hintFr: 'L’exécution est marquée en échec et rien n’a été enregistré ; le journal du worker en dit plus',
  },
  training_memory_exceeded: {
    status: 422,
    exit: 3,
    en: 'The training needed more than {limit_bytes} bytes of memory',
    fr: 'L’entraînement a demandé plus de {limit_bytes} octets de mémoire',
    hintEn: 'Train on fewer rows or columns, or with a smaller model',
    hintFr: 'Entraînez sur moins de lignes ou de colonnes, ou un modèle plus petit',
  },
} as const satisfies Record<string, ErrorSpec>

/** Trainings by a script. */
export const scriptErrors = {
  script_not_found: {
    status: 422,
    exit: 2,
    en: 'The script {script} of model {model} cannot be run: {reason}',
    fr: 'Le script {script} du modèle {model} ne peut pas être lancé : {reason}',
    hintEn: 'Name a file in the folder of the project, as it is on the machine of the worker',
    hintFr: 'Nommez un fichier du dossier du projet, tel qu’il est sur la machine du worker',
  },
  script_python_missing: {
    status: 422,
    exit: 2,
    en: 'There is no Python to run the script of model {model} with: {python} could not be started',
    fr: 'Aucun Python pour lancer le script du modèle {model} : {python} n’a pas pu être démarré',
    hintEn: 'Make a .venv in the folder of the project, set FABRIQUE_PYTHON, or name python with the script',
    hintFr: 'Créez un .venv dans le dossier du projet, définissez FABRIQUE_PYTHON, ou nommez python avec le script',
  },
  script_failed: {
    status: 422,
    exit: 3,
    en: 'The script {script} ended with {status}: {tail}',
    fr: 'Le script {script} s’est terminé avec {status} : {tail}',
    hintEn: 'Its whole output is the file logs/script.log of the run; nothing was registered',
    hintFr: 'Toute sa sortie est dans le fichier logs/script.log de l’exécution ; rien n’a été enregistré',
  },
  script_timed_out: {
    status: 422,
    exit: 3,
    en: 'The script {script} was stopped after {seconds} seconds: {tail}',
    fr: 'Le script {script} a été arrêté après {seconds} secondes : {tail}',
    hintEn: 'Give it a longer timeoutSeconds, or less to do; its output is the file logs/script.log of the run',
    hintFr:
      'Donnez-lui un timeoutSeconds plus long, ou moins à faire ; sa sortie est dans le fichier logs/script.log de l’exécution',
  },
  script_model_missing: {
    status: 422,
    exit: 3,
    en: 'The script {script} ended well, but its run has no ONNX model',
    fr: 'Le script {script} s’est bien terminé, mais son exécution n’a pas de modèle ONNX',
    hintEn:
      'Log one with mlflow.onnx.log_model, or as the artifact model.onnx, in the run that mlflow.start_run() gives',
    hintFr:
      'Journalisez-en un avec mlflow.onnx.log_model, ou comme artefact model.onnx, dans l’exécution que donne mlflow.start_run()',
  },
  script_model_unfit: {
    status: 422,
    exit: 3,
    en: 'The ONNX model {path} of the script cannot be served: {reason}',
    fr: 'Le modèle ONNX {path} du script ne peut pas être servi : {reason}',
    hintEn: 'The documentation of scripts lists the forms that are taken; nothing was registered',
    hintFr: 'La documentation des scripts liste les formes acceptées ; rien n’a été enregistré',
  },
} as const satisfies Record<string, ErrorSpec>
