import type { Limit } from './limit.js'

/** Traces. */
export const traceLimits = {
  'traces.request_bytes_max': {
    default: 32 * 1024 * 1024,
    unit: 'bytes',
    description: 'Largest OpenTelemetry export, as sent',
  },
  'traces.inflated_bytes_max': {
    default: 64 * 1024 * 1024,
    unit: 'bytes',
    description: 'Largest OpenTelemetry export once it is inflated',
  },
  'traces.request_spans_max': { default: 50_000, unit: 'spans', description: 'Spans in one OpenTelemetry export' },
  'traces.request_values_max': {
    default: 1_000_000,
    unit: 'values',
    description: 'Attributes, events, links and their values in one OpenTelemetry export',
  },
  'traces.json_depth_max': { default: 500, unit: 'levels', description: 'Depth of an OpenTelemetry export in JSON' },
  'traces.json_values_max': {
    default: 6_000_000,
    unit: 'values',
    description: 'Lists, objects and their members in an OpenTelemetry export in JSON',
  },
  'traces.value_depth_max': { default: 64, unit: 'levels', description: 'Depth of an attribute of a span' },
  'traces.spans_max': { default: 200_000, unit: 'spans', description: 'Spans of one trace' },
  'traces.usage_spans_max': {
    default: 10_000,
    unit: 'spans',
    description: 'Spans of a trace up to which spans that come after its root are added to its tokens and cost',
  },
  'traces.preview_chars_max': { default: 10_000, unit: 'characters', description: 'Preview of a request or response' },
  'traces.search_value_chars_max': {
    default: 1000,
    unit: 'characters',
    description: 'Start of an attribute of a span that searches look at',
  },
  'traces.tags_max': { default: 500, unit: 'tags', description: 'Tags of one trace; as many metadata' },
  'traces.metadata_value_chars_max': {
    default: 8000,
    unit: 'characters',
    description: 'Value of the metadata of a trace; longer ones are cut',
  },
  'traces.page_max': { default: 500, unit: 'traces', description: 'Traces in one page of a search' },
  'traces.batch_get_max': { default: 500, unit: 'traces', description: 'Traces asked for by id in one request' },
  'traces.links_max': { default: 100, unit: 'traces', description: 'Traces linked to a run in one request' },
  'traces.deleted_at_once': { default: 1000, unit: 'traces', description: 'Traces deleted in one transaction' },
  'traces.assessments_max': { default: 1000, unit: 'assessments', description: 'Assessments of one trace' },
  'traces.assessment_bytes_max': { default: 1024 * 1024, unit: 'bytes', description: 'Value of one assessment' },
  'traces.shown_spans_max': { default: 5000, unit: 'spans', description: 'Spans of a trace that pages get at once' },
} as const satisfies Record<string, Limit>
