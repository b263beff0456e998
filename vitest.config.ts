import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const source = '@equiflow/source';

export default defineConfig({
  test: {
    projects: [
      {
        ssr: { resolve: { conditions: [source, ...defaultServerConditions] } },
        test: {
          name: 'node',
          environment: 'node',
          pool: 'forks',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts', '**/node_modules/**'],
        },
      },
    ],
  },
});
