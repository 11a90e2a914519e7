import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, type Plugin } from 'vite'

// The service that answers /api while the page is developed with `npm run dev`.
const service = process.env.CAMPUS_DEV_SERVICE ?? 'http://127.0.0.1:8080'

const arrival = 'src/lib/arrival.ts'

/** Lets index.html begin with the script that asks for what the page needs; nothing waits for it. */
const arriveFirst: Plugin = {
  name: 'arrive-first',
  transformIndexHtml: {
    order: 'post',
    handler(_html, { bundle }) {
      const built = Object.values(bundle ?? {}).find((file) => file.type === 'chunk' && file.facadeModuleId?.endsWith(arrival))
      if (bundle && !built) throw new Error(`${arrival} was not built as a script of its own`)
      const src = `/${built?.fileName ?? arrival}`
      return [{ tag: 'script', attrs: { type: 'module', async: true, crossorigin: true, src }, injectTo: 'head-prepend' }]
    },
  },
}

/**
 * Begins what index.html loads with a word to the browser: whoever knows it compiles such a script whole while it comes, beside
 * the page's own work, and not each function when it is called. https://v8.dev/blog/explicit-compile-hints
 */
const compileFirst: Plugin = {
  name: 'compile-first',
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk')
      const entries = chunks.filter(({ isEntry }) => isEntry)
      const first = new Set(entries.flatMap(({ fileName, imports }) => [fileName, ...imports]))
      for (const chunk of chunks) if (first.has(chunk.fileName)) chunk.code = `//# allFunctionsCalledOnLoad\n${chunk.code}`
    },
  },
}

export default defineConfig({
  plugins: [svelte(), arriveFirst, compileFirst],
  build: {
    outDir: '../web_dist',
    emptyOutDir: true,
    // Control rooms run old PCs: nothing newer than the browsers of 2021.
    target: ['chrome90', 'firefox90', 'safari15'],
    license: { fileName: 'licenses.md' },
    // The page is a few dozen kilobytes on a local network; one request more would cost more than it saves.
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['index.html', arrival] },
  },
  server: { proxy: { '/api': { target: service, ws: true } } },
})
