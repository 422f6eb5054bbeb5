import type { ErrorSpec } from '../error-spec.js'

/** Requests that are refused before any verb sees them. */
export const requestErrors = {
  invalid_request: {
    status: 400,
    exit: 2,
    en: 'Field {field} is not valid: {reason}',
    fr: 'Le champ {field} n’est pas valide : {reason}',
    hintEn: 'Correct the field named above; the API is described at /docs',
    hintFr: 'Corrigez le champ nommé ci-dessus ; l’API est décrite sur /docs',
    mlflow: 'INVALID_PARAMETER_VALUE',
  },
  invalid_json: {
    status: 400,
    exit: 2,
    en: 'The body is not valid JSON: {reason}',
    fr: 'Le corps n’est pas du JSON valide : {reason}',
    hintEn: 'Send one JSON document; NaN and Infinity are not JSON',
    hintFr: 'Envoyez un seul document JSON ; NaN et Infinity ne sont pas du JSON',
    mlflow: 'INVALID_PARAMETER_VALUE',
  },
  unsupported_media_type: {
    status: 415,
    exit: 2,
    en: 'Content type {type} is not accepted here',
    fr: 'Le type de contenu {type} n’est pas accepté ici',
    hintEn: 'Send the body with the header Content-Type: application/json',
    hintFr: 'Envoyez le corps avec l’en-tête Content-Type: application/json',
    mlflow: 'INVALID_PARAMETER_VALUE',
  },
  body_too_large: {
    status: 413,
    exit: 2,
    en: 'The body is larger than the limit of {limit_bytes} bytes',
    fr: 'Le corps dépasse la limite de {limit_bytes} octets',
    hintEn: 'Send fewer rows in a request, or a smaller file; artifacts are uploaded as streams',
    hintFr: 'Envoyez moins de lignes par requête, ou un fichier plus petit ; les artefacts s’envoient en flux',
    mlflow: 'INVALID_PARAMETER_VALUE',
  },
  json_too_deep: {
    status: 400,
    exit: 2,
    en: 'The body is nested deeper than {limit} levels',
    fr: 'Le corps est imbriqué sur plus de {limit} niveaux',
    hintEn: 'Send lists and objects with fewer levels',
    hintFr: 'Envoyez des listes et des objets avec moins de niveaux',
    mlflow: 'INVALID_PARAMETER_VALUE',
  },
  rate_limited: {
    status: 429,
    exit: 3,
    en: 'Too many requests: {scope} is limited to {limit} in {window_s} s',
    fr: 'Trop de requêtes : {scope} est limité à {limit} en {window_s} s',
    hintEn: 'Try again in {retry_after_s} s, as the header Retry-After says',
    hintFr: 'Réessayez dans {retry_after_s} s, comme l’indique l’en-tête Retry-After',
    mlflow: 'REQUEST_LIMIT_EXCEEDED',
  },
  login_delayed: {
    status: 429,
    exit: 3,
    en: 'Too many logins with this account failed',
    fr: 'Trop de connexions à ce compte ont échoué',
    hintEn: 'Try again in {retry_after_s} s; the wait doubles with each failure',
    hintFr: 'Réessayez dans {retry_after_s} s ; l’attente double à chaque échec',
    mlflow: 'REQUEST_LIMIT_EXCEEDED',
  },
  host_not_allowed: {
    status: 403,
    exit: 2,
    en: 'The host name {host} is not one this server answers to',
    fr: 'Le nom d’hôte {host} n’est pas un de ceux auxquels ce serveur répond',
    hintEn: 'Use the address that the server printed, or add the name to FABRIQUE_ALLOWED_HOSTS',
    hintFr: 'Utilisez l’adresse affichée par le serveur, ou ajoutez le nom à FABRIQUE_ALLOWED_HOSTS',
    mlflow: 'PERMISSION_DENIED',
  },
  cross_origin: {
    status: 403,
    exit: 2,
    en: 'A page of {origin} may not change anything here',
    fr: 'Une page de {origin} ne peut rien modifier ici',
    hintEn: 'Call the API from the address of this server or from a program',
    hintFr: 'Appelez l’API depuis l’adresse de ce serveur ou depuis un programme',
    mlflow: 'PERMISSION_DENIED',
  },
} as const satisfies Record<string, ErrorSpec>

/** Addresses and streams. */
export const routeErrors = {
  route_not_found: {
    status: 404,
    exit: 2,
    en: 'There is no {method} {path}',
    fr: '{method} {path} n’existe pas',
    hintEn: 'The routes are listed at /docs',
    hintFr: 'Les routes sont listées sur /docs',
    mlflow: 'ENDPOINT_NOT_FOUND',
  },
  too_many_streams: {
    status: 503,
    exit: 3,
    en: 'All {limit} event streams are in use',
    fr: 'Les {limit} flux d’événements sont tous utilisés',
    hintEn: 'Close a page, or read /api/v1/events/recent from time to time instead',
    hintFr: 'Fermez une page, ou lisez plutôt /api/v1/events/recent de temps en temps',
  },
} as const satisfies Record<string, ErrorSpec>

/** The rest. */
export const internalErrors = {
  internal_error: {
    status: 500,
    exit: 3,
    en: 'Something went wrong inside Fabrique; the log has the details under this request id',
    fr: 'Une erreur interne s’est produite ; le journal en donne le détail sous cet identifiant de requête',
    hintEn: 'Report it with the request id',
    hintFr: 'Signalez-la avec l’identifiant de requête',
    mlflow: 'INTERNAL_ERROR',
  },
} as const satisfies Record<string, ErrorSpec>
