import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

// The service that answers /api while the page is developed with `npm run dev`.
const service = process.env.CAMPUS_DEV_SERVICE ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: '../web_dist',
    emptyOutDir: true,
    // Control rooms run old PCs: nothing newer than the browsers of 2021.
    target: ['chrome90', 'firefox90', 'safari15'],
    license: { fileName: 'licenses.md' },
    // The page is a few dozen kilobytes on a local network; one request more would cost more than it saves.
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': { target: service, ws: true } } },
})
