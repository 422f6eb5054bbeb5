import type { ErrorSpec } from '../error-spec.js'

/** The MLflow protocol, as it is answered. */
export const mlflowErrors = {
  filter_invalid: {
    status: 400,
    exit: 2,
    en: 'The search filter is not valid near {near}: {reason}',
    fr: 'Le filtre de recherche n’est pas valide près de {near} : {reason}',
    hintEn: "A filter looks like: metrics.accuracy > 0.9 and params.seed = '1'",
    hintFr: "Un filtre s’écrit ainsi : metrics.accuracy > 0.9 and params.seed = '1'",
    mlflow: 'INVALID_PARAMETER_VALUE',
  },
  page_token_invalid: {
    status: 400,
    exit: 2,
    en: 'Page token {token} is not valid',
    fr: 'Le jeton de page {token} n’est pas valide',
    hintEn: 'Use the token of the previous page unchanged',
    hintFr: 'Utilisez le jeton de la page précédente sans le changer',
    mlflow: 'INVALID_PARAMETER_VALUE',
    mlflowMessage: 'Invalid page token, value={token}',
  },
  mlflow_missing_parameter: {
    status: 400,
    exit: 2,
    en: 'Parameter {name} is missing',
    fr: 'Le paramètre {name} manque',
    hintEn: 'Add the parameter to the request',
    hintFr: 'Ajoutez le paramètre à la requête',
    mlflow: 'INVALID_PARAMETER_VALUE',
    mlflowMessage:
      "Missing value for required parameter '{name}'. See the API docs for more information about request parameters.",
  },
  mlflow_invalid_value: {
    status: 400,
    exit: 2,
    en: 'Value {value} of parameter {path} is not valid: {reason}',
    fr: 'La valeur {value} du paramètre {path} n’est pas valide : {reason}',
    hintEn: 'Correct the value; the names and limits are those of MLflow',
    hintFr: 'Corrigez la valeur ; les noms et limites sont ceux de MLflow',
    mlflow: 'INVALID_PARAMETER_VALUE',
    mlflowMessage: "Invalid value {value} for parameter '{path}' supplied: {reason}",
  },
  mlflow_value_too_long: {
    status: 400,
    exit: 2,
    en: 'Value of {path} has {found} characters, more than the limit of {limit}',
    fr: 'La valeur de {path} a {found} caractères, plus que la limite de {limit}',
    hintEn: 'Shorten it; the limits are those of MLflow',
    hintFr: 'Raccourcissez-la ; les limites sont celles de MLflow',
    mlflow: 'INVALID_PARAMETER_VALUE',
    mlflowMessage: "'{path}' exceeds the maximum length of {limit} characters",
  },
  mlflow_batch_too_large: {
    status: 400,
    exit: 2,
    en: 'The batch has {found} {entities}, more than the limit of {limit}',
    fr: 'Le lot a {found} {entities}, plus que la limite de {limit}',
    hintEn: 'Send several batches; nothing of this one was stored',
    hintFr: 'Envoyez plusieurs lots ; rien de celui-ci n’a été enregistré',
    mlflow: 'INVALID_PARAMETER_VALUE',
    mlflowMessage:
      'A batch logging request can contain at most {limit} {entities}. Got {found} {entities}. Please split up {entities} across multiple requests and try again.',
  },
  param_repeated: {
    status: 400,
    exit: 2,
    en: 'Parameter {key} is in the batch more than once',
    fr: 'Le paramètre {key} figure plusieurs fois dans le lot',
    hintEn: 'Send one value per parameter; nothing of this batch was stored',
    hintFr: 'Envoyez une valeur par paramètre ; rien de ce lot n’a été enregistré',
    mlflow: 'INVALID_PARAMETER_VALUE',
    mlflowMessage:
      "Duplicate parameter keys have been submitted: ['{key}']. Please ensure the request contains only one param value per param key.",
  },
} as const satisfies Record<string, ErrorSpec>

/** The MLflow protocol, as it is asked. */
export const mlflowClientErrors = {
  mlflow_refused: {
    status: 502,
    exit: 3,
    en: 'The tracking server refused with {status} {error_code}: {message}',
    fr: 'Le serveur de suivi a refusé avec {status} {error_code} : {message}',
    hintEn: 'Correct the call; the message is the one of the server',
    hintFr: 'Corrigez l’appel ; le message est celui du serveur',
  },
  mlflow_unreachable: {
    status: 502,
    exit: 3,
    en: 'No tracking server answered at {address} within {seconds} s: {reason}',
    fr: 'Aucun serveur de suivi n’a répondu à {address} en {seconds} s : {reason}',
    hintEn: 'Check the address and that the server runs',
    hintFr: 'Vérifiez l’adresse et que le serveur tourne',
  },
  artifact_store_not_served: {
    status: 501,
    exit: 3,
    en: 'The artifacts at {address} are not kept by the tracking server',
    fr: 'Les artefacts à {address} ne sont pas conservés par le serveur de suivi',
    hintEn: 'Start the server so that it serves artifacts, or read them with the tools of their store',
    hintFr: 'Démarrez le serveur pour qu’il serve les artefacts, ou lisez-les avec les outils de leur dépôt',
  },
  param_changed: {
    status: 400,
    exit: 2,
    en: 'Parameter {key} was logged as {old_value} and cannot become {new_value}',
    fr: 'Le paramètre {key} a été journalisé avec {old_value} et ne peut pas devenir {new_value}',
    hintEn: 'Log another name, or a tag, which may change',
    hintFr: 'Utilisez un autre nom, ou une étiquette, qui peut changer',
  },
} as const satisfies Record<string, ErrorSpec>
