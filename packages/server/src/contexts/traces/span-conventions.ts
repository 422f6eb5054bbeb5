import type { Json } from '@fabrique/contract'

/** Attributes of spans that have a meaning in MLflow. */
export const spanAttributes = {
  requestId: 'mlflow.traceRequestId',
  type: 'mlflow.spanType',
  inputs: 'mlflow.spanInputs',
  outputs: 'mlflow.spanOutputs',
  usage: 'mlflow.chat.tokenUsage',
  cost: 'mlflow.llm.cost',
  model: 'mlflow.llm.model',
  provider: 'mlflow.llm.provider',
  tagPrefix: 'mlflow.traceTag.',
} as const

type Attributes = { readonly [key: string]: Json }

interface Convention {
  readonly kind: string
  readonly types: Readonly<Record<string, string>>
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly inputTokens: string
  readonly outputTokens: string
  readonly totalTokens?: string
  readonly models: readonly string[]
  readonly provider: string
}

/** How instrumentations other than MLflow name the same things: OpenTelemetry GenAI, OpenInference, OpenLLMetry. */
const conventions: readonly Convention[] = [
  {
    kind: 'gen_ai.operation.name',
    types: {
      chat: 'CHAT_MODEL',
      create_agent: 'AGENT',
      embeddings: 'EMBEDDING',
      execute_tool: 'TOOL',
      generate_content: 'LLM',
      invoke_agent: 'AGENT',
      text_completion: 'LLM',
      response: 'LLM',
    },
    inputs: ['gen_ai.input.messages', 'gen_ai.tool.call.arguments'],
    outputs: ['gen_ai.output.messages', 'gen_ai.tool.call.result'],
    inputTokens: 'gen_ai.usage.input_tokens',
    outputTokens: 'gen_ai.usage.output_tokens',
    models: ['gen_ai.response.model', 'gen_ai.request.model'],
    provider: 'gen_ai.provider.name',
  },
  {
    kind: 'openinference.span.kind',
    types: Object.fromEntries(
      ['TOOL', 'CHAIN', 'LLM', 'RETRIEVER', 'EMBEDDING', 'AGENT', 'RERANKER', 'GUARDRAIL', 'EVALUATOR'].map((kind) => [
        kind,
        kind,
      ]),
    ),
    inputs: ['input.value'],
    outputs: ['output.value'],
    inputTokens: 'llm.token_count.prompt',
    outputTokens: 'llm.token_count.completion',
    totalTokens: 'llm.token_count.total',
    models: ['llm.response.model_name', 'llm.model_name', 'llm.request.model_name', 'embedding.model_name'],
    provider: 'llm.provider',
  },
  {
    kind: 'traceloop.span.kind',
    types: { workflow: 'WORKFLOW', task: 'TASK', agent: 'AGENT', tool: 'TOOL' },
    inputs: ['traceloop.entity.input'],
    outputs: ['traceloop.entity.output'],
    inputTokens: 'gen_ai.usage.prompt_tokens',
    outputTokens: 'gen_ai.usage.completion_tokens',
    totalTokens: 'llm.usage.total_tokens',
    models: ['gen_ai.response.model', 'gen_ai.request.model'],
    provider: 'gen_ai.system',
  },
]

function member(attributes: Attributes, keys: readonly string[]): Json | undefined {
  const key = keys.find((candidate) => Object.hasOwn(attributes, candidate))
  return key === undefined ? undefined : attributes[key]
}

function usageOf(attributes: Attributes, convention: Convention): Json | undefined {
  const input = Number(member(attributes, [convention.inputTokens]))
  const output = Number(member(attributes, [convention.outputTokens]))
  if (!Number.isFinite(input) || !Number.isFinite(output)) return undefined
  const total = convention.totalTokens === undefined ? Number.NaN : Number(member(attributes, [convention.totalTokens]))
  return { input_tokens: input, output_tokens: output, total_tokens: Number.isFinite(total) ? total : input + output }
}

/** What MLflow would call the type, inputs, outputs, tokens and model of a span, where the span does not say so itself. */
export function translatedAttributes(attributes: Attributes): readonly (readonly [key: string, value: Json])[] {
  const found = new Map<string, Json>()
  const add = (key: string, value: Json | undefined) => {
    if (value !== undefined && !found.has(key) && !Object.hasOwn(attributes, key)) found.set(key, value)
  }
  for (const convention of conventions) {
    const kind = member(attributes, [convention.kind])
    const type = typeof kind === 'string' && Object.hasOwn(convention.types, kind) ? convention.types[kind] : undefined
    if (type !== undefined && attributes[spanAttributes.type] === 'UNKNOWN') found.set(spanAttributes.type, type)
    add(spanAttributes.type, type)
    add(spanAttributes.inputs, member(attributes, convention.inputs))
    add(spanAttributes.outputs, member(attributes, convention.outputs))
    add(spanAttributes.usage, usageOf(attributes, convention))
    add(spanAttributes.model, member(attributes, convention.models))
    add(spanAttributes.provider, member(attributes, [convention.provider]))
  }
  return [...found]
}
