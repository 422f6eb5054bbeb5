/** Words for people, without the schemas: pages import them from `@fabrique/contract/texts`, which brings no validator along. */
export { expectationSentence, type SentenceMarks, showJson } from './expectation-sentence.js'
export { sentenceTemplates } from './expectation-templates.js'
export { type BareNote, ingestNote, ingestNoteTemplates, ingestNoteText, type NoteParams } from './ingest-notes.js'
export { sourceLocation } from './source-location.js'
export { thresholdFromText, thresholdText } from './threshold-text.js'
