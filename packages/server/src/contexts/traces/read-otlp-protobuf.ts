import {
  type AnyValue,
  doubleValue,
  type KeyValue,
  OtlpBudget,
  type OtlpEvent,
  type OtlpLink,
  type OtlpSpan,
} from './otlp-model.js'
import { otlpError, WireReader } from './wire-reader.js'

// The numbers are those of opentelemetry/proto/trace/v1/trace.proto and common/v1/common.proto.

/** The spans of an ExportTraceServiceRequest. Throws `otlp_invalid`. */
export function readOtlpProtobuf(bytes: Buffer): readonly OtlpSpan[] {
  const budget = new OtlpBudget()
  const spans: OtlpSpan[] = []
  eachField(new WireReader(bytes), (field, request) => {
    if (field === 1) readResourceSpans(request.message(), budget, spans)
    else request.skip()
  })
  return spans
}

function eachField(reader: WireReader, read: (field: number, reader: WireReader) => void): void {
  for (let field = reader.next(); field !== 0; field = reader.next()) read(field, reader)
}

function readResourceSpans(reader: WireReader, budget: OtlpBudget, spans: OtlpSpan[]): void {
  budget.value()
  const resource: KeyValue[] = []
  const scopes: WireReader[] = []
  eachField(reader, (field) => {
    if (field === 1) readResource(reader.message(), budget, resource)
    else if (field === 2) {
      budget.value()
      scopes.push(reader.message())
    } else reader.skip()
  })
  for (const scope of scopes) {
    eachField(scope, (field) => {
      if (field === 2) spans.push(readSpan(scope.message(), budget, resource))
      else scope.skip()
    })
  }
}

function readResource(reader: WireReader, budget: OtlpBudget, attributes: KeyValue[]): void {
  budget.value()
  eachField(reader, (field) => {
    if (field === 1) attributes.push(readKeyValue(reader.message(), budget, 0))
    else reader.skip()
  })
}

function readId(bytes: Buffer, bytesMax: number): string {
  if (bytes.length !== bytesMax && bytes.length !== 0) throw otlpError(`an id has ${bytes.length} bytes`)
  return bytes.toString('hex')
}

function readSpan(reader: WireReader, budget: OtlpBudget, resource: readonly KeyValue[]): OtlpSpan {
  budget.span()
  const attributes: KeyValue[] = []
  const events: OtlpEvent[] = []
  const links: OtlpLink[] = []
  const ids = { trace_id: '', span_id: '', parent_span_id: '' }
  const found = {
    name: '',
    kind: 0,
    start_time_unix_nano: '0',
    end_time_unix_nano: '0',
    status: { code: 0, message: '' },
  }
  eachField(reader, (field) => {
    if (field === 1) ids.trace_id = readId(reader.bytes(), 16)
    else if (field === 2) ids.span_id = readId(reader.bytes(), 8)
    else if (field === 4) ids.parent_span_id = readId(reader.bytes(), 8)
    else if (field === 5) found.name = reader.string()
    else if (field === 6) found.kind = Number(BigInt.asIntN(32, reader.unsigned()))
    else if (field === 7) found.start_time_unix_nano = reader.fixed().toString()
    else if (field === 8) found.end_time_unix_nano = reader.fixed().toString()
    else if (field === 9) attributes.push(readKeyValue(reader.message(), budget, 0))
    else if (field === 11) events.push(readEvent(reader.message(), budget))
    else if (field === 13) links.push(readLink(reader.message(), budget))
    else if (field === 15) found.status = readStatus(reader.message())
    else reader.skip()
  })
  return { ...ids, ...found, attributes, events, links, resource }
}

function readStatus(reader: WireReader) {
  const status = { code: 0, message: '' }
  eachField(reader, (field) => {
    if (field === 2) status.message = reader.string()
    else if (field === 3) status.code = Number(BigInt.asIntN(32, reader.unsigned()))
    else reader.skip()
  })
  return status
}

function readEvent(reader: WireReader, budget: OtlpBudget): OtlpEvent {
  budget.value()
  const attributes: KeyValue[] = []
  const event = { time_unix_nano: '0', name: '' }
  eachField(reader, (field) => {
    if (field === 1) event.time_unix_nano = reader.fixed().toString()
    else if (field === 2) event.name = reader.string()
    else if (field === 3) attributes.push(readKeyValue(reader.message(), budget, 0))
    else reader.skip()
  })
  return { ...event, attributes }
}

function readLink(reader: WireReader, budget: OtlpBudget): OtlpLink {
  budget.value()
  const attributes: KeyValue[] = []
  const link = { trace_id: '', span_id: '' }
  eachField(reader, (field) => {
    if (field === 1) link.trace_id = readId(reader.bytes(), 16)
    else if (field === 2) link.span_id = readId(reader.bytes(), 8)
    else if (field === 4) attributes.push(readKeyValue(reader.message(), budget, 0))
    else reader.skip()
  })
  return { ...link, attributes }
}

function readKeyValue(reader: WireReader, budget: OtlpBudget, depth: number): KeyValue {
  budget.value(depth)
  let key = ''
  let value: AnyValue = {}
  eachField(reader, (field) => {
    if (field === 1) key = reader.string()
    else if (field === 2) value = readAnyValue(reader.message(), budget, depth + 1)
    else reader.skip()
  })
  return { key, value }
}

function readAnyValue(reader: WireReader, budget: OtlpBudget, depth: number): AnyValue {
  budget.value(depth)
  let value: AnyValue = {}
  eachField(reader, (field) => {
    if (field === 1) value = { string_value: reader.string() }
    else if (field === 2) value = { bool_value: reader.unsigned() !== 0n }
    else if (field === 3) value = { int_value: reader.signed().toString() }
    else if (field === 4) value = doubleValue(reader.double())
    else if (field === 5) value = { array_value: { values: readArray(reader.message(), budget, depth) } }
    else if (field === 6) value = { kvlist_value: { values: readPairs(reader.message(), budget, depth) } }
    else if (field === 7) value = { bytes_value: reader.bytes().toString('base64') }
    else reader.skip()
  })
  return value
}

function readArray(reader: WireReader, budget: OtlpBudget, depth: number): readonly AnyValue[] {
  const values: AnyValue[] = []
  eachField(reader, (field) => {
    if (field === 1) values.push(readAnyValue(reader.message(), budget, depth + 1))
    else reader.skip()
  })
  return values
}

function readPairs(reader: WireReader, budget: OtlpBudget, depth: number): readonly KeyValue[] {
  const values: KeyValue[] = []
  eachField(reader, (field) => {
    if (field === 1) values.push(readKeyValue(reader.message(), budget, depth + 1))
    else reader.skip()
  })
  return values
}
