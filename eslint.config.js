import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '**/*.generated.ts',
      '**/generated/**',
      '**/*.as.ts',
      'coverage/**',
      '.cache/**',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { rules: { 'max-lines': ['error', 300], eqeqeq: 'error', 'no-var': 'error', 'prefer-const': 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      // A method that is part of an asynchronous interface stays async though it has nothing to await today.
      '@typescript-eslint/require-await': 'off',
      // What a plugin is given, its context and its model, is made to be taken apart: nothing there leans on `this`.
      '@typescript-eslint/unbound-method': 'off',
      // An asynchronous listener is fine where it handles its own errors, and a table of test steps is awaited by its runner.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['**/*.test.ts', '**/*.browser.ts', 'test/**/*.ts'],
    rules: {
      // node:test's `test` and `describe` return promises that the runner itself awaits.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: ['test', 'it', 'describe', 'suite', 'before', 'after'].map((name) => ({
            from: 'package',
            name,
            package: 'node:test',
          })),
        },
      ],
    },
  },
);
