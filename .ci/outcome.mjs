// Prints the outcome of a run: `outcome.mjs REPORT [FAILED STEP...]`. REPORT is the test runner's JSON report.
// Nothing that went wrong is left out of the count: a test file that could not be loaded, a step that failed outside
// the tests, and a missing report each count as a failure.

import { readFileSync } from 'node:fs';

const [reportPath, ...failedSteps] = process.argv.slice(2);

function readReport() {
  try {
    return JSON.parse(readFileSync(reportPath, 'utf8'));
  } catch (error) {
    process.stdout.write(`no usable report of the tests: ${error.message}\n`);
    return undefined;
  }
}

function count({ testResults }) {
  const tests = testResults.flatMap((file) => file.assertionResults);
  const withStatus = (...statuses) => tests.filter(({ status }) => statuses.includes(status)).length;
  const passed = withStatus('passed');
  const failed = withStatus('failed');
  const broken = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  );
  for (const file of broken) process.stdout.write(`failed outside its tests: ${file.name}\n`);
  for (const file of testResults)
    for (const test of file.assertionResults)
      if (test.status === 'failed')
        process.stdout.write(`failed: ${place(file)}: ${test.fullName}: ${reason(test)}\n`);
  tellSlowest(testResults);
  return { passed, failed: failed + broken.length, skipped: tests.length - passed - failed };
}

/** The file's path in the project. */
function place({ name }) {
  return name.slice(Math.max(0, name.search(/\/(test|bench|packages)\/(?!test\/|bench\/|packages\/)/)) + 1);
}

/** The first line of a failed test. */
function reason({ failureMessages }) {
  return (failureMessages[0] ?? 'no reason given').split('\n', 1)[0].slice(0, 200);
}

/** The files that take longest, which a run waits for. */
function tellSlowest(testResults) {
  const slowest = testResults
    .map((file) => ({ file, seconds: Math.round((file.endTime - file.startTime) / 1000) }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, 15);
  process.stdout.write('longest test files:\n');
  for (const { file, seconds } of slowest) process.stdout.write(`  ${seconds} s  ${place(file)}\n`);
}

const report = readReport();
const outcome = report === undefined ? { passed: 0, failed: 1, skipped: 0 } : count(report);
for (const step of failedSteps) process.stdout.write(`failed: ${step}\n`);
// A failed `npm test` is in the count already when a test failed; on its own (an unhandled error) it is one more.
outcome.failed += failedSteps.filter((step) => step !== 'npm test' || outcome.failed === 0).length;
if (outcome.passed + outcome.failed === 0) {
  process.stdout.write('no test ran\n');
  outcome.failed = 1;
}

const skipped = outcome.skipped > 0 ? `, ${outcome.skipped} skipped` : '';
process.stdout.write(`${outcome.passed} passed, ${outcome.failed} failed${skipped}\n`);
process.exitCode = outcome.failed === 0 ? 0 : 1;
