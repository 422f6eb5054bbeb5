import type { Limit } from './limit.js'

/** Connections and bodies. */
export const httpLimits = {
  'http.body_bytes_max': { default: 10 * 1024 * 1024, unit: 'bytes', description: 'Largest JSON body of a request' },
  'http.artifact_bytes_max': {
    default: 64 * 1024 * 1024 * 1024,
    unit: 'bytes',
    description: 'Largest artifact in one upload; it is streamed, never held in memory',
  },
  'http.request_timeout_ms': {
    default: 3_600_000,
    unit: 'ms',
    description: 'Time for a request to arrive completely, a large artifact included',
  },
  'http.silence_timeout_ms': {
    default: 120_000,
    unit: 'ms',
    description: 'Time without a byte in either direction after which a connection is closed',
  },
  'http.header_timeout_ms': { default: 15_000, unit: 'ms', description: 'Time for the headers of a request to arrive' },
  'http.streams_max': { default: 200, unit: 'streams', description: 'Event streams open at once; the next is refused' },
  'http.stream_buffer_bytes_max': {
    default: 1024 * 1024,
    unit: 'bytes',
    description: 'Events that wait for a slow reader of a stream; beyond it is cut off and may resume',
  },
} as const satisfies Record<string, Limit>

/** Depth, rate and failed logins. */
export const requestLimits = {
  'http.json_depth_max': {
    default: 200,
    unit: 'levels',
    description: 'Depth of a JSON body; refused before it is parsed',
  },
  'rates.callers_max': {
    default: 100_000,
    unit: 'callers',
    description: 'Callers whose rates one server remembers; those that came least recently are forgotten',
  },
  'login.free_attempts': {
    default: 5,
    unit: 'attempts',
    description: 'Logins with an account that fail before the next has to wait',
  },
  'login.delay_ms_max': {
    default: 900_000,
    unit: 'ms',
    description: 'Longest wait between logins with an account that fail; it starts at a second and doubles',
  },
} as const satisfies Record<string, Limit>
