// Stands in for the test functions of vitest: gathers the tests of one file, and runs them until one fails.

const now = { setTimeout, clearTimeout };

let suite;

function group(parent) {
  return { parent, before: [], after: [], first: [], last: [], tests: [] };
}

function test(name, ...rest) {
  const run = rest.find((one) => typeof one === 'function');
  const own = suite;
  own.root.push({ name, run, own });
}
test.each = (rows) => (name, run) => {
  for (const row of rows) test(name, () => (Array.isArray(row) ? run(...row) : run(row)));
};
test.skip = () => {};
test.skipIf = (condition) => (condition ? test.skip : test);
test.runIf = (condition) => (condition ? test : test.skip);

function describe(_name, define) {
  const outer = suite;
  suite = { ...group(outer), root: outer.root };
  define();
  suite = outer;
}
describe.each = (rows) => (name, define) => {
  for (const row of rows) describe(name, () => (Array.isArray(row) ? define(...row) : define(row)));
};

/** The exports that a test file imports in place of vitest's own. */
export const functions = {
  test,
  it: test,
  describe,
  beforeEach: (hook) => suite.before.push(hook),
  afterEach: (hook) => suite.after.unshift(hook),
  beforeAll: (hook) => suite.first.push(hook),
  afterAll: (hook) => suite.last.unshift(hook),
};

function hooks(own, which) {
  const outer = own.parent === undefined ? [] : hooks(own.parent, which);
  return which === 'after' ? [...own.after, ...outer] : [...outer, ...own[which]];
}

function within(limit, run) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = now.setTimeout(() => reject(new Error(`longer than ${limit} ms`)), limit);
  });
  return Promise.race([Promise.resolve().then(run), late]).finally(() => now.clearTimeout(timer));
}

async function runTest(run, own, limit) {
  try {
    for (const hook of hooks(own, 'before')) await within(limit, hook);
    await within(limit, run);
  } finally {
    for (const hook of hooks(own, 'after')) await within(limit, hook);
  }
}

/**
 * @param {() => void} load runs the test file
 * @param {number} limit that a test may take, ms
 * @returns {Promise<Error | undefined>} the first failure
 */
export async function firstFailure(load, limit) {
  let stray;
  const onStray = (error) => {
    stray ??= error instanceof Error ? error : new Error(String(error));
  };
  process.on('uncaughtException', onStray).on('unhandledRejection', onStray);
  try {
    suite = { ...group(undefined), root: [] };
    const tests = suite.root;
    load();
    const opened = new Set();
    for (const { run, own } of tests) {
      for (let one = own; one !== undefined; one = one.parent) {
        if (opened.has(one)) continue;
        opened.add(one);
        for (const hook of one.first) await within(limit, hook);
      }
      await runTest(run, own, limit);
      if (stray !== undefined) return stray;
    }
    for (const one of opened) for (const hook of one.last) await within(limit, hook);
    // Faults that a test left behind show in the next turn.
    await new Promise((settle) => setImmediate(settle));
    return stray;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    process.off('uncaughtException', onStray).off('unhandledRejection', onStray);
  }
}
