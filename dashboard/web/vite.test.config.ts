import { readdirSync } from 'node:fs'
import { defineConfig } from 'vite'

// Bundles the tests of the page's pure modules for Node's own test runner: no test framework to install.
export default defineConfig({
  publicDir: false,
  build: {
    ssr: true,
    outDir: 'node_modules/.board-tests',
    emptyOutDir: true,
    target: 'node20',
    rolldownOptions: {
      input: readdirSync('tests')
        .filter((name) => name.endsWith('.test.ts'))
        .map((name) => `tests/${name}`),
    },
  },
})
