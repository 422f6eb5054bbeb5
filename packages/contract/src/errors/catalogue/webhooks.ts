import type { ErrorSpec } from '../error-spec.js'

/** Webhooks. */
export const webhookErrors = {
  webhook_not_found: {
    status: 404,
    exit: 2,
    en: 'Webhook {webhook} does not exist',
    fr: 'Le webhook {webhook} n’existe pas',
    hintEn: 'List the webhooks first',
    hintFr: 'Listez d’abord les webhooks',
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    mlflowMessage: 'Webhook with ID {webhook} not found.',
  },
  webhook_name_invalid: {
    status: 400,
    exit: 2,
    en: 'Webhook name {name} is not valid',
    fr: 'Le nom de webhook {name} n’est pas valide',
    hintEn: 'Use 1 to 63 letters, digits, dots, - and _, with a letter or digit at both ends',
    hintFr: 'Utilisez 1 à 63 lettres, chiffres, points, - et _, avec une lettre ou un chiffre aux deux bouts',
    mlflow: 'INVALID_PARAMETER_VALUE',
    mlflowMessage:
      "Webhook name '{name}' is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).",
  },
  webhook_url_refused: {
    status: 400,
    exit: 2,
    en: 'Webhook address {url} is refused: {reason}',
    fr: 'L’adresse de webhook {url} est refusée : {reason}',
    hintEn: 'Give an https address of a public host, or set webhooks_allow_private',
    hintFr: 'Donnez une adresse https d’un hôte public, ou réglez webhooks_allow_private',
    mlflow: 'INVALID_PARAMETER_VALUE',
    mlflowMessage: 'Invalid webhook URL: {reason}',
  },
  webhook_events_invalid: {
    status: 400,
    exit: 2,
    en: 'The events of the webhook are not valid: {reason}',
    fr: 'Les événements du webhook ne sont pas valides : {reason}',
    hintEn: 'Subscribe to events as model_version.created',
    hintFr: 'Abonnez-vous à des événements comme model_version.created',
    mlflow: 'INVALID_PARAMETER_VALUE',
    mlflowMessage: '{reason}',
  },
  webhooks_too_many: {
    status: 400,
    exit: 2,
    en: 'There are {limit} webhooks, which is the limit',
    fr: 'Il y a {limit} webhooks, ce qui est la limite',
    hintEn: 'Delete webhooks that are not needed',
    hintFr: 'Supprimez les webhooks inutiles',
    mlflow: 'INVALID_PARAMETER_VALUE',
  },
} as const satisfies Record<string, ErrorSpec>
