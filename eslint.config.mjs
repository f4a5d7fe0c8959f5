import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Stages never import each other: app.ts hands each its neighbour. */
const stages = ['ingest', 'outbox', 'enrich', 'publish', 'cheer', 'sidecar'];
/** What looks at a service from outside. */
const tools = ['conform', 'release'];
const src = './exporter/src';

/** Imports go one way: main -> cli -> app -> stages -> {event, errors, config, auth} -> cheer-kit. */
const zones = [
  ...stages.map((stage) => ({
    target: `${src}/${stage}`,
    from: [...stages.filter((other) => other !== stage).map((other) => `${src}/${other}`), `${src}/cli`],
    message: 'A stage declares the port it needs; app.ts wires it.',
  })),
  ...tools.map((tool) => ({
    target: `${src}/${tool}`,
    from: [...stages, 'cli'].map((other) => `${src}/${other}`),
    message: 'A tool knows a service by its ports only.',
  })),
  ...[...stages, ...tools, 'config', 'auth'].map((layer) => ({
    target: `${src}/${layer}`,
    from: ['app.ts', 'main.ts', 'relay-run.ts', 'relay-link.ts'].map((file) => `${src}/${file}`),
    message: 'Imports go one way: app -> stages -> base.',
  })),
  ...['config', 'auth', 'event.ts', 'errors.ts'].map((base) => ({
    target: `${src}/${base}`,
    from: [...stages, 'cli'].map((stage) => `${src}/${stage}`),
    message: 'The base layer knows nothing of the stages.',
  })),
  { target: './cheer-kit', from: './exporter', message: 'cheer-kit imports nothing of the exporter.' },
];

export default tseslint.config(
  {
    ignores: [
      '**/dist/',
      '**/node_modules/',
      '.cache/',
      'coverage/',
      'grafana-plugin/',
      'e2e/panel-host/src/',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: {
        project: ['./cheer-kit/tsconfig.json', './exporter/tsconfig.json', './tsconfig.tests.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: ['cheer-kit', 'exporter'] })],
    },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // What was caught is passed on as it came.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    // Jest's matchers are typed `any`, and a test may hold a method apart from its object to look at it.
    files: ['**/*.test.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
);
