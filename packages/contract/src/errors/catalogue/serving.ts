import type { ErrorSpec } from '../error-spec.js'

/** What a prediction is asked with. */
export const predictErrors = {
  model_not_served: {
    status: 404,
    exit: 2,
    en: 'Model {model} is not served: {reason}',
    fr: 'Le modèle {model} n’est pas servi : {reason}',
    hintEn: 'A model is served once one of its versions has the alias champion; the home page shows the loop',
    hintFr: 'Un modèle est servi dès qu’une de ses versions porte l’alias champion ; l’accueil montre la boucle',
  },
  no_default_model: {
    status: 404,
    exit: 2,
    en: 'No model is served at /predict: {reason}',
    fr: 'Aucun modèle n’est servi sur /predict : {reason}',
    hintEn: 'Call /api/v1/models/NAME/predict, or set FABRIQUE_DEFAULT_MODEL',
    hintFr: 'Appelez /api/v1/models/NOM/predict, ou réglez FABRIQUE_DEFAULT_MODEL',
  },
  features_missing: {
    status: 400,
    exit: 2,
    en: 'The body has no features for model {model}',
    fr: 'Le corps ne contient pas les variables du modèle {model}',
    hintEn: 'Send {example}',
    hintFr: 'Envoyez {example}',
  },
  feature_count_wrong: {
    status: 400,
    exit: 2,
    en: 'Model {model} takes {expected} features ({names}); row {row} has {found}',
    fr: 'Le modèle {model} prend {expected} variables ({names}) ; la ligne {row} en a {found}',
    hintEn: 'Give one value per feature, in this order, or name the columns',
    hintFr: 'Donnez une valeur par variable, dans cet ordre, ou nommez les colonnes',
  },
  feature_names_wrong: {
    status: 400,
    exit: 2,
    en: 'Row {row} does not have the features of model {model}: {reason}',
    fr: 'La ligne {row} n’a pas les variables du modèle {model} : {reason}',
    hintEn: 'The features are: {names}',
    hintFr: 'Les variables sont : {names}',
  },
  feature_value_wrong: {
    status: 400,
    exit: 2,
    en: 'Feature {feature} of row {row} must be {expected}, not {value}',
    fr: 'La variable {feature} de la ligne {row} doit être {expected}, pas {value}',
    hintEn: 'Numbers are finite JSON numbers without quotes; a value may be missing where the signature says nullable',
    hintFr:
      'Les nombres sont des nombres JSON finis sans guillemets ; une valeur peut manquer là où la signature dit nullable',
  },
  image_wrong: {
    status: 400,
    exit: 2,
    en: 'Image {feature} of row {row} cannot be taken: {reason}',
    fr: 'L’image {feature} de la ligne {row} ne peut pas être prise : {reason}',
    hintEn: 'Send one JPEG, PNG, WebP, GIF, TIFF or AVIF file as a field of a form, or its base64 under b64 in JSON',
    hintFr:
      'Envoyez un seul fichier JPEG, PNG, WebP, GIF, TIFF ou AVIF comme champ d’un formulaire, ou son base64 sous b64 en JSON',
  },
  prediction_not_finite: {
    status: 422,
    exit: 2,
    en: 'The answer to row {row} is not a finite number',
    fr: 'La réponse à la ligne {row} n’est pas un nombre fini',
    hintEn: 'A value lies far outside of what training saw; the signature has the smallest and the largest one',
    hintFr:
      'Une valeur sort de loin de ce que l’entraînement a vu ; la signature donne la plus petite et la plus grande',
  },
} as const satisfies Record<string, ErrorSpec>

/** Models as they are served. */
export const servingErrors = {
  too_many_rows: {
    status: 413,
    exit: 2,
    en: 'The request has {found} rows, more than the limit of {limit}',
    fr: 'La requête a {found} lignes, plus que la limite de {limit}',
    hintEn: 'Send several requests',
    hintFr: 'Envoyez plusieurs requêtes',
  },
  model_file_invalid: {
    status: 422,
    exit: 3,
    en: 'Version {version} of model {model} cannot be served: {reason}',
    fr: 'La version {version} du modèle {model} ne peut pas être servie : {reason}',
    hintEn: 'The version served before stays in place; log the model again in ONNX form',
    hintFr: 'La version servie avant reste en place ; enregistrez à nouveau le modèle au format ONNX',
  },
  model_path_invalid: {
    status: 422,
    exit: 2,
    en: '{path} is no model: {reason}',
    fr: '{path} n’est pas un modèle : {reason}',
    hintEn: 'Name an ONNX file, a model folder of MLflow, or a folder with NAME/1/model.onnx',
    hintFr: 'Indiquez un fichier ONNX, un dossier de modèle MLflow, ou un dossier avec NOM/1/model.onnx',
  },
  model_names_clash: {
    status: 409,
    exit: 2,
    en: 'Both {first} and {second} are model {model}',
    fr: '{first} et {second} sont tous deux le modèle {model}',
    hintEn: 'Give one another name, as other=path/model.onnx',
    hintFr: 'Donnez un autre nom à l’un, comme autre=chemin/model.onnx',
  },
  bind_needs_key: {
    status: 500,
    exit: 2,
    en: 'Listening on {host} would open these models to others, and there is no key',
    fr: 'Écouter sur {host} ouvrirait ces modèles à d’autres, et il n’y a pas de clé',
    hintEn:
      'Set FABRIQUE_SERVE_KEY, or give --api-key-file FILE with a key of at least 16 characters; clients send it as Authorization: Bearer KEY',
    hintFr:
      'Réglez FABRIQUE_SERVE_KEY, ou donnez --api-key-file FICHIER avec une clé d’au moins 16 caractères ; les clients l’envoient par Authorization: Bearer CLÉ',
  },
  tensor_wrong: {
    status: 400,
    exit: 2,
    en: 'Input {input} cannot be taken: {reason}',
    fr: 'L’entrée {input} ne peut pas être prise : {reason}',
    hintEn: 'The names, types and shapes of the inputs stand in GET /v2/models/NAME',
    hintFr: 'Les noms, types et formes des entrées figurent dans GET /v2/models/NOM',
  },
  model_failed: {
    status: 500,
    exit: 3,
    en: 'The model could not compute an answer: {reason}',
    fr: 'Le modèle n’a pas pu calculer de réponse : {reason}',
    hintEn: 'Try the model with its input example; if that fails too, log it again or move its alias back',
    hintFr: 'Essayez le modèle avec son exemple d’entrée ; s’il échoue aussi, réenregistrez-le ou reculez son alias',
  },
  server_overloaded: {
    status: 503,
    exit: 3,
    en: 'The server has too much to compute: {reason}',
    fr: 'Le serveur a trop de calculs à faire : {reason}',
    hintEn: 'Ask again after the time of Retry-After, or start more predictors',
    hintFr: 'Redemandez après le délai de Retry-After, ou démarrez d’autres prédicteurs',
  },
  python_not_configured: {
    status: 422,
    exit: 2,
    en: 'Version {version} of model {model} runs in Python only, and no Python is configured for serving',
    fr: 'La version {version} du modèle {model} ne tourne qu’en Python, et aucun Python n’est configuré pour servir',
    hintEn: 'Set FABRIQUE_SERVE_PYTHON to a Python that has mlflow and what the model needs, as .venv/bin/python',
    hintFr:
      'Définissez FABRIQUE_SERVE_PYTHON sur un Python qui a mlflow et ce dont le modèle a besoin, comme .venv/bin/python',
  },
  model_restarting: {
    status: 503,
    exit: 3,
    en: 'The Python process of version {version} of model {model} is being restarted',
    fr: 'Le processus Python de la version {version} du modèle {model} redémarre',
    hintEn: 'Ask again after the time of Retry-After; the log of the server says why it ended',
    hintFr: 'Redemandez après le délai de Retry-After ; le journal du serveur dit pourquoi il s’est terminé',
  },
  model_without_signature: {
    status: 400,
    exit: 2,
    en: 'Model {model} cannot be asked by features: no signature says what its inputs and outputs mean',
    fr: 'Le modèle {model} ne peut pas être interrogé par variables : aucune signature ne dit ce que sont ses entrées et sorties',
    hintEn: 'Send tensors to POST /v2/models/{model}/infer; GET /v2/models/{model} lists them',
    hintFr: 'Envoyez des tenseurs à POST /v2/models/{model}/infer ; GET /v2/models/{model} les liste',
  },
} as const satisfies Record<string, ErrorSpec>
