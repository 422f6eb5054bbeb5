import type { Endpoint, Json, ModelSignature } from '@fabrique/contract'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useState } from 'react'
import { apiPath } from '../../api/client.js'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { type TryTab, tryTabs } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { isOneRow } from '../explain/is-one-row.js'
import { askedRow } from '../models/load-snippets.js'
import { CallHistory } from './call-history.jsx'
import { codeSnippets, formSnippets } from './code-snippets.js'
import { FlagAnswer } from './flag-answer.jsx'
import type { Files } from './predict-form.js'
import { PredictionResult } from './prediction-result.jsx'
import {
  isFilled,
  type Row,
  readAddress,
  readInputs,
  type Texts,
  takesImages,
  withoutImages,
  writeInputs,
} from './read-inputs.js'
import { TryByKey } from './try-by-key.jsx'
import { TryCsv } from './try-csv.jsx'
import { TryForm } from './try-form.jsx'
import { TryJson } from './try-json.jsx'
import { fieldOf, type PastCall, usePredict } from './use-predict.js'

const route = getRouteApi(patterns.tryEndpoint)
const WhyPrediction = lazy(async () => ({ default: (await import('../explain/why-prediction.jsx')).WhyPrediction }))
const addressDelayMs = 250

export function TryWorkbench({ endpoint }: { readonly endpoint: Endpoint }) {
  const { t, language } = useI18n()
  const { model, signature } = endpoint
  const search = route.useSearch()
  const hasImages = takesImages(signature)
  const isOnlyImages = hasImages && signature.features.every(({ type }) => type === 'image')
  // No cell of a CSV file holds an image.
  const shownTabs = tryTabs.filter((id) => !(hasImages && id === 'csv'))
  const tab: TryTab = search.tab !== undefined && shownTabs.includes(search.tab) ? search.tab : 'form'
  const [files, setFiles] = useState<Files>({})
  const [texts, setTexts] = useState<Texts>(() => writeInputs(signature, readAddress(search.input), language))
  const [keys, setKeys] = useState<Texts>(() => exampleKeys(signature))
  const { calls, predict } = usePredict(model)
  const { row } = readInputs(signature, texts, files)
  useInputInAddress(withoutImages(signature, row))
  const asked = predict.variables?.body ?? {}
  const refusedField = fieldOf(predict.error)
  const refused =
    predict.error !== null && signature.features.some(({ name }) => name === refusedField)
      ? { name: refusedField ?? '', message: predict.error.message }
      : undefined
  const reload = ({ body }: PastCall) => {
    const given = 'features' in body && Array.isArray(body.features) ? body.features[0] : body
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return
    if (namesKeys(signature, given)) setKeys(textsOf(given))
    else setTexts(writeInputs(signature, given as Record<string, Json>, language))
  }
  const shown = isFilled(signature, row) ? row : askedRow(signature)
  const snippets = (hasImages ? formSnippets : codeSnippets)(`${location.origin}${endpoint.path}`, shown, signature)
  const tabs = shownTabs.map((id) => ({
    id,
    label: t.tryOut.tabs[id],
    to: paths.tryEndpoint({ model }),
    search: { tab: id === 'form' ? undefined : id, input: search.input },
  }))
  return (
    <>
      <Tabs label={t.tryOut.tabs.label} tabs={tabs} current={tab} />
      <div className="try">
        <div className="stack">
          {tab === 'form' && signature.feature_lookup !== undefined && (
            <>
              <TryByKey
                lookup={signature.feature_lookup}
                texts={keys}
                onChange={setKeys}
                isBusy={predict.isPending}
                onPredict={() => predict.mutate({ body: { features: [keys] } })}
              />
              <h2>{t.tryOut.byValue}</h2>
            </>
          )}
          {tab === 'form' && (
            <TryForm
              endpoint={endpoint}
              texts={texts}
              onChange={setTexts}
              files={files}
              onFiles={setFiles}
              onPredict={(given) => {
                const body = { features: [given] }
                predict.mutate(hasImages ? { body, images: { row: given, files } } : { body })
              }}
              isBusy={predict.isPending}
              refused={refused}
            />
          )}
          {tab === 'json' && (
            <TryJson
              signature={signature}
              row={row}
              isBusy={predict.isPending}
              onPredict={(body) => predict.mutate({ body })}
            />
          )}
          {tab === 'csv' && (
            <TryCsv
              model={model}
              signature={signature}
              isBusy={predict.isPending}
              onPredict={(body) => predict.mutate({ body })}
              answered={predict.data === undefined ? undefined : { body: asked, reply: predict.data.reply }}
            />
          )}
          {tab === 'code' && (
            <>
              <Snippet title="curl" code={snippets.curl} />
              <Snippet title="Python" code={snippets.python} />
              <Snippet title="TypeScript" code={snippets.typescript} />
              <p className="row" style={{ gap: 16 }}>
                <a href={`/docs?model=${encodeURIComponent(model)}`}>{t.tryOut.openApi}</a>
                <a href={apiPath('getModelClient', { model })} download={`${model}.ts`}>
                  {t.tryOut.typedClient}
                </a>
              </p>
            </>
          )}
        </div>
        <section className="panel stack" aria-labelledby="result-title">
          <h2 id="result-title">{t.tryOut.result}</h2>
          {predict.error !== null && <FailurePanel error={predict.error} />}
          {predict.data === undefined && predict.error === null && <p className="muted">{t.tryOut.noResult}</p>}
          {predict.data !== undefined && <PredictionResult {...predict.data} target={signature.target} />}
          {predict.data !== undefined && predict.data.reply.prediction_id !== undefined && isOneRow(asked) && (
            <FlagAnswer
              key={predict.data.reply.prediction_id}
              predictionId={predict.data.reply.prediction_id}
              target={signature.target}
            />
          )}
          {predict.data !== undefined && !hasImages && isOneRow(asked) && (
            <Suspense fallback={null}>
              <WhyPrediction
                key={predict.data.reply.request_id}
                answer={{
                  model,
                  alias: endpoint.alias,
                  requestId: predict.data.reply.request_id,
                  body: asked,
                }}
                signature={signature}
              />
            </Suspense>
          )}
        </section>
      </div>
      <CallHistory calls={calls} target={signature.target} onReload={isOnlyImages ? undefined : reload} />
    </>
  )
}

const textsOf = (row: object): Texts =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value ?? '')]))

function exampleKeys({ feature_lookup: lookup }: ModelSignature): Texts {
  return { ...Object.fromEntries((lookup?.keys ?? []).map((key) => [key, ''])), ...textsOf(lookup?.example ?? {}) }
}

/** Whether a row is one of keys and not of features. */
function namesKeys({ feature_lookup: lookup }: ModelSignature, row: object): boolean {
  if (lookup === undefined) return false
  return Object.keys(row).every((name) => lookup.keys.includes(name))
}

/** Keeps the values in the address, so that its link carries them. */
function useInputInAddress(row: Row): void {
  const search = route.useSearch()
  const changeSearch = useSearchChange()
  const present = Object.entries(row).filter(([, value]) => value !== null)
  const input = present.length === 0 ? undefined : JSON.stringify(Object.fromEntries(present))
  const { tab, input: inAddress } = search
  useEffect(() => {
    if (input === inAddress) return
    const timer = setTimeout(() => changeSearch({ tab, input }), addressDelayMs)
    return () => clearTimeout(timer)
  }, [input, inAddress, tab, changeSearch])
}
