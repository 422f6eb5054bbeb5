export { type EventStream, type EventStreamOptions, openEventStream } from './event-stream.js'
export { deleteOldEvents, type EventPosition, newestEvents, parsePosition, readEvents } from './read-events.js'
