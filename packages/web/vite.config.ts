import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/**
 * Gives the pages the method and path of each route of the contract without the schemas behind them: importing the
 * contract itself would ship the whole of zod to the browser to no use, as the server validates what it is sent. A route that no
 * source names is left out: all of them would be a kilobyte of the first view.
 */
function routeTable(): Plugin {
  const id = 'virtual:route-table'
  // Pages that are worked on may begin to ask for any route.
  let isServed = false
  return {
    name: 'fabrique-route-table',
    configResolved: ({ command }) => {
      isServed = command === 'serve'
    },
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load: async (loaded) => {
      if (loaded !== `\0${id}`) return undefined
      const { routes, eventKinds, fabriqueVersion } = await import('@fabrique/contract')
      const sources = isServed ? '' : readSources(join(import.meta.dirname, 'src'))
      const asked = Object.entries(routes).filter(([name]) => isServed || sources.includes(`'${name}'`))
      const table = Object.fromEntries(asked.map(([name, { method, path }]) => [name, `${method} ${path}`]))
      return [
        `export const routeTable = ${JSON.stringify(table)}`,
        `export const eventKinds = ${JSON.stringify(eventKinds)}`,
        `export const fabriqueVersion = ${JSON.stringify(fabriqueVersion)}`,
      ].join('\n')
    },
  }
}

function readSources(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = names.filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.test.ts'))
  return files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n')
}

const server = process.env.FABRIQUE_SERVER ?? 'http://127.0.0.1:8000'
const proxied = ['/api', '/predict', '/status', '/openapi.json', '/docs', '/metrics']

export default defineConfig({
  plugins: [react(), routeTable()],
  server: { proxy: Object.fromEntries(proxied.map((path) => [path, server])) },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What every page needs, in few files: many small ones compress worse.
          groups: [
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ },
            {
              name: 'shell',
              test: /web[\\/]src[\\/](api[\\/](?!live-runs|run-stream|run-message)|routing[\\/](?!use-search-change|changed-search|search-lists)|i18n[\\/](use-i18n|language|format|plural)|components[\\/](app-link|icon|page|load|problem-panel|copy-button|state-word|moment|use-now)\b)|virtual:route-table|node_modules[\\/]@tanstack[\\/](query-core|react-query|router-core|react-router|history|store|react-store)[\\/]/,
            },
          ],
        },
      },
    },
  },
})
