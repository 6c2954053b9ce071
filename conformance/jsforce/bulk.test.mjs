// Bulk API 2.0 by jsforce. Its bulk2.query breaks on a second page of results
// (jsforce #1546, #1693), so the org gives it one.
import assert from 'node:assert/strict';
import test from 'node:test';
import { all, connect } from './org.mjs';

const conn = connect();
conn.bulk2.pollInterval = 100;
conn.bulk2.pollTimeout = 30_000;
const count = async (object) => (await conn.query(`SELECT COUNT() FROM ${object}`)).totalSize;

test('query', async () => {
  const stream = await conn.bulk2.query('SELECT Id, LastName, Account.Name FROM Contact');
  const rows = await stream.toArray();
  assert.equal(rows.length, await count('Contact'));
  assert.deepEqual(Object.keys(rows[0]), ['Id', 'LastName', 'Account.Name']);
  const rest = await all(conn.query('SELECT Id, LastName FROM Contact'));
  const names = new Map(rest.map((r) => [r.Id, r.LastName]));
  assert.ok(rows.every((r) => names.get(r.Id) === r.LastName));
});

test('a query that Bulk refuses', async () => {
  await assert.rejects(conn.bulk2.query('SELECT COUNT() FROM Account'));
});

test('load, change and delete', async () => {
  const before = await count('Account');
  const input = Array.from({ length: 500 }, (_, i) => ({ Name: `Bulk "${i}",\n` }));
  const made = await conn.bulk2.loadAndWaitForResults({ object: 'Account', operation: 'insert', input });
  assert.deepEqual([made.successfulResults.length, made.failedResults.length], [500, 0]);
  assert.equal(await count('Account'), before + 500);
  const ids = made.successfulResults.map((r) => r.sf__Id);
  const changed = await conn.bulk2.loadAndWaitForResults({
    object: 'Account', operation: 'update', input: ids.map((Id) => ({ Id, Site: 'bulk' })),
  });
  assert.equal(changed.successfulResults.length, 500);
  const gone = await conn.bulk2.loadAndWaitForResults({ object: 'Account', operation: 'delete', input: ids.map((Id) => ({ Id })) });
  assert.equal(gone.successfulResults.length, 500);
  assert.equal(await count('Account'), before);
});

test('upsert, and rows that fail', async () => {
  const input = [{ CaseSensitive__c: 'bulk-1', Small__c: '1.5' }, { CaseSensitive__c: 'bulk-2', Small__c: 'no number' }];
  const result = await conn.bulk2.loadAndWaitForResults({
    object: 'Everything__c', operation: 'upsert', externalIdFieldName: 'CaseSensitive__c', input,
  });
  assert.deepEqual([result.successfulResults.length, result.failedResults.length], [1, 1]);
  assert.ok(result.failedResults[0].sf__Error);
});
