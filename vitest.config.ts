import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { findChromium } from './tools/chromium.mjs';
import { softwareVulkan } from './tools/vulkan.mjs';

const chromium = findChromium();

/** Tests read the packages' sources, not what was built from them. */
const source = '@equiflow/source';

/** No test is a race: the limit is for what hangs, and holds on a machine that is busy with other things. */
const patience = { testTimeout: 120_000, hookTimeout: 120_000 };

const node: TestProjectConfiguration = {
  ssr: { resolve: { conditions: [source, ...defaultServerConditions] } },
  test: {
    ...patience,
    name: 'node',
    environment: 'node',
    pool: 'forks',
    execArgv: ['--expose-gc'],
    env: softwareVulkan(chromium),
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tools/**/*.test.ts'],
    exclude: ['**/*.browser.test.ts', '**/node_modules/**'],
  },
};

/** Headless Chromium, cross-origin isolated so that it has SharedArrayBuffer, with WebGPU in software. */
const browser = (executablePath: string): TestProjectConfiguration => ({
  resolve: { conditions: [source, ...defaultClientConditions] },
  server: {
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
  test: {
    ...patience,
    name: 'browser',
    include: ['packages/*/src/**/*.browser.test.ts'],
    exclude: ['**/node_modules/**'],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath,
          args: [
            '--no-sandbox',
            '--enable-unsafe-webgpu',
            '--no-first-run',
            '--disable-background-networking',
          ],
        },
      }),
      instances: [{ browser: 'chromium' }],
    },
  },
});

export default defineConfig({
  test: {
    maxConcurrency: 2,
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: chromium ? [node, browser(chromium)] : [node],
  },
});
