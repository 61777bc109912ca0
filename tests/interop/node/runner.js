'use strict';

/** The maximum wait for a condition. */
const PATIENCE_MS = 120_000;

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

/** Polls the condition until it holds. */
async function until(what, condition) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
    await sleep(10);
  }
}

/** Runs scenarios concurrently, each of which returns a text about its result, and returns whether all of them passed. */
async function runAll(label, scenarios) {
  const results = await Promise.all(Object.entries(scenarios).map(async ([name, scenario]) => {
    try {
      console.log(`ok ${label} ${name}: ${await scenario()}`);
      return true;
    } catch (error) {
      console.log(`FAILED ${label} ${name}: ${error.stack}`);
      return false;
    }
  }));
  return results.length > 0 && results.every(passed => passed);
}

module.exports = { runAll, sleep, until };
