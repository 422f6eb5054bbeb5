import type { Limit } from './limit.js'

/** Webhooks. */
export const webhookLimits = {
  'webhooks.count_max': { default: 1000, unit: 'webhooks', description: 'Webhooks of one server' },
  'webhooks.url_chars_max': { default: 2048, unit: 'characters', description: 'Address of a webhook' },
  'webhooks.secret_chars_max': { default: 1000, unit: 'characters', description: 'Secret of a webhook' },
  'webhooks.description_chars_max': { default: 5000, unit: 'characters', description: 'Description of a webhook' },
  'webhooks.body_bytes_max': { default: 1024 * 1024, unit: 'bytes', description: 'Body of one delivery' },
  'webhooks.reply_bytes_max': { default: 16 * 1024, unit: 'bytes', description: 'Bytes read of a reply to a delivery' },
  'webhooks.request_timeout_ms': { default: 30_000, unit: 'ms', description: 'Time for one attempt of a delivery' },
  'webhooks.concurrency_max': { default: 8, unit: 'requests', description: 'Deliveries sent at once by one server' },
  'webhooks.attempts_max': { default: 10, unit: 'attempts', description: 'Attempts of one delivery' },
  'webhooks.retry_delay_ms_max': { default: 600_000, unit: 'ms', description: 'Longest wait between two attempts' },
  'webhooks.deadline_ms': { default: 6 * 3_600_000, unit: 'ms', description: 'Age at which a delivery is given up' },
  'webhooks.waiting_max': { default: 10_000, unit: 'deliveries', description: 'Deliveries that wait for one webhook' },
  'webhooks.deliveries_kept': { default: 1000, unit: 'deliveries', description: 'Finished deliveries kept by webhook' },
} as const satisfies Record<string, Limit>
