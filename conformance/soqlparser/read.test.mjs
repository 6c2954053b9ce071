// The SOQL that the planner makes of SQL, by the goldens of package vtab, in
// the eyes of a parser that others wrote.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { isQueryValid, parseQuery } from '@jetstreamapp/soql-parser-js';

const folder = process.env.CONFORMANCE_GOLDENS ?? join(import.meta.dirname, '..', '..', 'vtab', 'testdata');

// statements returns the lines of SOQL below the ---- of each golden.
function statements(text) {
  const found = [];
  let below = false;
  for (const line of text.split('\n')) {
    if (line === '') below = false;
    if (below && line.startsWith('SELECT ')) found.push(line);
    if (line === '----') below = true;
  }
  return found;
}

const all = new Set(readdirSync(folder).flatMap((name) => statements(readFileSync(join(folder, name), 'utf8'))));

test('there are statements', () => assert.ok(all.size > 50, `${all.size} statements in ${folder}`));

test('all of them parse', () => {
  const refused = [...all].filter((soql) => !isQueryValid(soql));
  assert.deepEqual(refused, []);
  assert.equal(parseQuery([...all][0]).sObject !== undefined, true);
});
