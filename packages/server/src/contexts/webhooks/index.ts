/** Webhooks: who is told of changes of the registry, and how. See README.md. */
export { createWebhook } from './create-webhook.js'
export { getWebhook, listWebhookDeliveries, listWebhooks, searchWebhooks } from './get-webhook.js'
export { mountMlflowWebhooks, type WebhookMountOptions } from './mlflow-routes.js'
export { mountWebhookRoutes } from './routes.js'
export type { WebhookTargets } from './targets.js'
export { testWebhook, type WebhookTestResult } from './test-webhook.js'
export { deleteWebhook, updateWebhook } from './update-webhook.js'
export { openWebhookSender, type WebhookSender } from './webhook-sender.js'
