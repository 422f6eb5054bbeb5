import type { Limit } from './limit.js'

/** Registered models and versions. */
export const registryLimits = {
  'registry.model_name_chars_max': { default: 256, unit: 'characters', description: 'Name of a registered model' },
  'registry.description_chars_max': {
    default: 100_000,
    unit: 'characters',
    description: 'Description of a registered model or a version',
  },
  'registry.source_chars_max': { default: 2048, unit: 'characters', description: 'Source of a model version' },
  'registry.tag_value_chars_max': {
    default: 100_000,
    unit: 'characters',
    description: 'Value of a tag of a registered model or a version',
  },
  'registry.tags_max': { default: 1000, unit: 'tags', description: 'Tags of one registered model or version' },
  'registry.models_page_max': {
    default: 1000,
    unit: 'models',
    description: 'Registered models in one page of a search',
  },
  'registry.versions_page_max': {
    default: 200_000,
    unit: 'versions',
    description: 'Model versions in one page of a search',
  },
} as const satisfies Record<string, Limit>
