/** Which room may import which: the table in docs/layout.md. A test may also import @alexandrite/hack. */
const rooms = {
  api: [],
  proxy: ['api'],
  operator: ['api'],
  catalogue: [],
  alerts: ['catalogue'],
  dashboards: ['catalogue'],
  cdk8s: ['api', 'catalogue', 'alerts', 'dashboards'],
  orders: ['catalogue'],
  loadtest: ['catalogue'],
  examples: [],
  cli: ['api', 'proxy', 'operator', 'orders'],
  hack: [
    'api',
    'proxy',
    'operator',
    'catalogue',
    'alerts',
    'dashboards',
    'cdk8s',
    'orders',
    'loadtest',
    'examples',
    'cli'
  ]
}
const TEST = '(\\.test\\.ts$|/test/)'

const direction = ([room, allowed]) => ({
  name: `${room}-imports-only-${allowed.join('-') || 'itself'}`,
  severity: 'error',
  comment: `${room}/ may import ${allowed.join(', ') || 'nothing of ours'}`,
  from: { path: `^${room}/`, pathNot: TEST },
  to: {
    path: `^(${
      Object.keys(rooms)
        .filter((r) => r !== room && !allowed.includes(r))
        .join('|') || '-'
    })/`
  }
})
const testDirection = ([room, allowed]) => ({
  name: `tests-of-${room}-import-also-hack`,
  severity: 'error',
  from: { path: `^${room}/.*${TEST}` },
  to: {
    path: `^(${
      Object.keys(rooms)
        .filter((r) => r !== room && r !== 'hack' && !allowed.includes(r))
        .join('|') || '-'
    })/`
  }
})

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-test-code-in-product',
      severity: 'error',
      from: { pathNot: `${TEST}|^hack/` },
      to: { path: TEST }
    },
    // k6 brings its own modules: k6, k6/http and so on.
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^k6(/|$)' }
    },
    ...Object.entries(rooms).map(direction),
    ...Object.entries(rooms).map(testDirection)
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json']
    }
  }
}
