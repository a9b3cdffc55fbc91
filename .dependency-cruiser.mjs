/**
 * The law of imports: which folder may import which. `npm run check:imports` applies it and proves that it bites.
 * Tests may import what they test against, so they are bound only by what is said of all files.
 */
const TESTS = '\\.test(-d)?\\.tsx?$';
const OURS = '^(src|web|stack|test|bench|scripts|daybook\\.config\\.ts)';

/** What a folder may import of the project besides itself. Nothing here is transitive. */
const MAY_IMPORT = {
  base: [],
  assembly: ['base'],
  definition: ['base'],
  plan: ['definition', 'base'],
  ports: ['plan', 'base'],
  record: ['assembly', 'ports', 'plan', 'base'],
  log: ['assembly', 'ports', 'plan', 'base'],
  engine: ['record', 'assembly', 'ports', 'plan', 'base'],
  server: ['ports', 'plan', 'definition', 'base', 'sources/http', 'compile/openapi'],
  runtimes: [
    'compile',
    'record',
    'log',
    'engine',
    'sources',
    'stores',
    'spark',
    'server',
    'ports',
    'plan',
    'definition',
    'base',
  ],
  cli: ['runtimes', 'ports', 'plan', 'definition', 'base'],
};

/** What it may import outside of src. @type {Readonly<Record<string, readonly string[]>>} */
const BESIDES_SRC = { cli: ['^stack/'] };

/** Folders that run anywhere: no `node:` and no npm package, but for those named. */
const PURE = { base: [], definition: ['zod'], plan: [] };

/** @param {readonly string[]} names */
const folders = (names) => names.map((name) => `^src/${name}/`);

const folderRules = Object.entries(MAY_IMPORT).map(([name, allowed]) => ({
  name: `from-${name}`,
  comment: `src/${name} may import only: itself${allowed.map((other) => `, ${other}`).join('')}.`,
  severity: 'error',
  from: { path: `^src/${name}/`, pathNot: TESTS },
  to: { path: OURS, pathNot: [...folders([name, ...allowed]), ...(BESIDES_SRC[name] ?? [])] },
}));

const pureRules = Object.entries(PURE).map(([name, packages]) => ({
  name: `pure-${name}`,
  comment: `src/${name} imports no 'node:' module and no npm package${packages.map((each) => ` but ${each}`).join('')}.`,
  severity: 'error',
  from: { path: `^src/${name}/`, pathNot: TESTS },
  to: { pathNot: ['^src/', ...packages.map((each) => `node_modules/${each}/`)] },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
const configuration = {
  forbidden: [
    ...folderRules,
    ...pureRules,
    {
      name: 'from-compile',
      comment: 'A compile target is text and data made of the plan: it knows plan, base and itself, nothing else.',
      severity: 'error',
      from: { path: '^src/compile/([^/]+)/', pathNot: TESTS },
      to: { pathNot: ['^src/compile/$1/', ...folders(['plan', 'base'])] },
    },
    {
      name: 'from-adapters',
      comment: 'An adapter knows its port and its own compile target, never a sibling.',
      severity: 'error',
      from: { path: '^src/(sources|stores|spark)/([^/]+)', pathNot: TESTS },
      to: {
        path: OURS,
        pathNot: [
          '^src/$1/$2',
          '^src/compile/$2/',
          '^src/compile/$1/',
          '^src/spark/',
          ...folders(['ports', 'plan', 'base']),
        ],
      },
    },
    {
      name: 'spark-is-not-an-adapters-part',
      comment: 'Only the runtimes bring Spark together with sources and stores.',
      severity: 'error',
      from: { path: '^src/(sources|stores)/', pathNot: TESTS },
      to: { path: '^src/spark/' },
    },
    {
      name: 'from-machine',
      comment: 'Clock, disk and lock of this machine know their ports alone.',
      severity: 'error',
      from: { path: '^src/runtimes/machine/', pathNot: TESTS },
      to: { path: OURS, pathNot: ['^src/runtimes/machine/', ...folders(['ports', 'base'])] },
    },
    {
      name: 'from-stack',
      comment: 'The launcher of real servers knows nothing of Daybook but its errors, clock and lock.',
      severity: 'error',
      from: { path: '^stack/', pathNot: TESTS },
      to: { path: OURS, pathNot: ['^stack/', ...folders(['base', 'ports', 'runtimes/machine'])] },
    },
    {
      name: 'nothing-to-cli',
      comment: 'Nothing imports the commands.',
      severity: 'error',
      from: { pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'from-public-entry',
      comment: 'What a definition imports from is the definition alone.',
      severity: 'error',
      from: { path: '^src/daybook\\.ts$' },
      to: { pathNot: '^src/definition/' },
    },
    {
      name: 'web-shares-types-only',
      comment: 'The pages share with the server the types of its protocol and of the definition, and no code.',
      severity: 'error',
      from: { path: '^web/', pathNot: TESTS },
      to: { path: '^src/', pathNot: ['^src/server/protocol\\.ts$', '^src/definition/'] },
    },
    {
      name: 'web-takes-no-code',
      comment: 'What the pages take of src is erased when they are built.',
      severity: 'error',
      from: { path: '^web/', pathNot: TESTS },
      to: { path: '^src/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'oracle-shares-no-code',
      comment: 'The oracle that the reports are compared with shares no code with them.',
      severity: 'error',
      from: { path: '^test/oracle/', pathNot: TESTS },
      to: { path: '^(src|web)/' },
    },
    {
      name: 'code-needs-no-tests',
      comment: 'What is shipped imports neither tests nor tools.',
      severity: 'error',
      from: { path: '^(src|web|stack)/', pathNot: TESTS },
      to: { path: ['^(test|bench|scripts)/', TESTS] },
    },
    {
      name: 'no-circles',
      comment: 'Of two files that run each other neither can be understood alone; types may refer back.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'nothing-unresolved',
      comment: 'An import that cannot be found, or is in no package.json.',
      severity: 'error',
      from: { path: '^(src|web|stack)/', pathNot: TESTS },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^web/dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
export default configuration;
