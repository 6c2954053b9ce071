// The SOQL that the driver sends, in the eyes of a parser that others wrote:
// that of the goldens of package vtab, and that which the statements of
// internal/lawtest, by hand and generated, led to.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { parseQuery } from '@jetstreamapp/soql-parser-js';

const folder = process.env.CONFORMANCE_GOLDENS ?? join(import.meta.dirname, '..', '..', 'vtab', 'testdata');
const sent = process.env.CONFORMANCE_SOQL; // a JSON string a line

// What the parser refuses though Salesforce takes it.
const faults = [
  {
    reason: 'OFFSET without LIMIT is refused right behind WHERE',
    of: (soql) => / WHERE .* OFFSET \d+$/s.test(soql) && !/ LIMIT \d+ OFFSET \d+$/.test(soql),
  },
];

// lines returns the lines of SOQL below the ---- of each golden.
function lines(text) {
  const found = [];
  let below = false;
  for (const line of text.split('\n')) {
    if (line === '') below = false;
    if (below && line.startsWith('SELECT ')) found.push(line);
    if (line === '----') below = true;
  }
  return found;
}

// refusals returns the statements that do not parse, each with why.
function refusals(statements) {
  const found = [];
  for (const soql of statements) {
    try {
      assert.notEqual(parseQuery(soql).sObject, undefined);
    } catch (e) {
      found.push({ soql, message: e.message });
    }
  }
  return found;
}

const strange = (found) => found.filter(({ soql }) => !faults.some((fault) => fault.of(soql)));

test('the parser refuses what is not SOQL', () => {
  assert.equal(refusals(['SELECT FROM Account', 'SELECT Id FROM Account WHERE', "SELECT Id FROM Account WHERE Name = 'x"]).length, 3);
});

test('the goldens parse', () => {
  const all = new Set(readdirSync(folder).flatMap((name) => lines(readFileSync(join(folder, name), 'utf8'))));
  assert.ok(all.size > 50, `${all.size} statements in ${folder}`);
  assert.deepEqual(strange(refusals(all)), []);
});

test('what is sent parses', { skip: sent ? false : 'CONFORMANCE_SOQL names no file' }, () => {
  const all = readFileSync(sent, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
  assert.ok(all.length > 1000, `${all.length} statements in ${sent}`);
  const found = refusals(all);
  assert.deepEqual(strange(found), []);
  for (const { reason, of } of faults) {
    assert.ok(found.some(({ soql }) => of(soql)), `no longer a fault of the parser: ${reason}`);
  }
});
