import { readdirSync } from 'node:fs'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

// Bundles the tests of the page's pure modules for Node's own test runner: no test framework to install.
export default defineConfig({
  plugins: [svelte()],
  build: {
    ssr: true,
    outDir: 'node_modules/.board-tests',
    emptyOutDir: true,
    target: 'node20',
    rolldownOptions: { input: readdirSync('tests').map((name) => `tests/${name}`) },
  },
})
