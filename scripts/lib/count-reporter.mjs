/** A reporter for node:test that writes nothing but the counts, as JSON: tests, not the suites around them, but a suite that is skipped is one skip. */
export default async function* counts(source) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details?.type === 'suite') {
      if (data.skip !== undefined) total.skipped++;
      continue;
    }
    if (type === 'test:fail') total.failed += data.todo === undefined ? 1 : 0;
    else if (data.skip !== undefined || data.todo !== undefined) total.skipped++;
    else total.passed++;
  }
  yield JSON.stringify(total);
}
