import js from '@eslint/js'
import tseslint from 'typescript-eslint'

const globalsOfNode = Object.fromEntries(
  ['Buffer', 'URL', 'console', 'fetch', 'process'].map((name) => [name, 'readonly'])
)

/** V8 makes such closures in the old generation: they, and all that they see, live until its next collection (decision 19). */
const LASTING_CLOSURES = {
  functionOfProperty: {
    selector: 'AssignmentExpression[left.type="MemberExpression"] > :function.right',
    message: 'Give the function a name first, and assign that: V8 makes this one in the old generation.'
  },
  accessorOfLiteral: {
    selector: 'ObjectExpression > Property[kind=/^[gs]et$/]',
    message:
      'Make it a method, or a class: V8 keeps the accessors of an object literal in the old generation.'
  }
}

/** A complexity budget and type-checked rules for all code; tests are spared the size rules only. */
export default tseslint.config(
  { ignores: ['**/node_modules/', '**/dist/', 'deploy/', 'charts/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      complexity: ['error', 10],
      'max-depth': ['error', 3],
      'max-params': ['error', 4],
      'max-statements': ['error', 20],
      'max-lines': ['error', { max: 350, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true }
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true }
      ],
      '@typescript-eslint/consistent-type-definitions': 'off'
    }
  },
  {
    files: ['proxy/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-syntax': ['error', ...Object.values(LASTING_CLOSURES)] }
  },
  {
    files: ['**/*.test.ts', '**/test/**/*.ts', 'hack/e2e/**/*.ts'],
    rules: {
      'max-statements': 'off',
      'max-lines': 'off',
      // Jest's matchers and node:http's helpers are typed loosely.
      '@typescript-eslint/no-unsafe-assignment': 'off'
    }
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: { globals: globalsOfNode }
  }
)
