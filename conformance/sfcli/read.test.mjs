// What the Salesforce CLI reads by REST.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { home, json, login, org, sf } from './sf.mjs';

test('login with an access token', async () => {
  const result = await login();
  assert.equal(result.username, org.username);
  assert.equal(new URL(result.instanceUrl).origin, org.url);
});

test('login with a JWT', async () => {
  const result = await json(
    `org login jwt --username ${org.username} --client-id ${org.client_id} --alias jwt --instance-url ${org.url} --jwt-key-file`,
    process.env.CONFORMANCE_KEY,
  );
  assert.equal(result.username, org.username);
  await login(); // both logins are of one user
});

test('query over many pages', async () => {
  const result = await json('data query --query', 'SELECT Id, Name, Account.Name FROM Contact');
  assert.ok(result.totalSize > 2000 && result.done);
  assert.equal(result.records.length, result.totalSize);
  assert.equal(new Set(result.records.map((r) => r.Id)).size, result.totalSize);
});

test('query as CSV asks for the columns', async () => {
  const { status, stdout, stderr } = await sf('data query --result-format csv --query', 'SELECT Id, Account.Name, Account.Owner.Name FROM Contact LIMIT 3');
  assert.equal(status, 0, stderr);
  const lines = stdout.trim().split('\n');
  assert.equal(lines[0], 'Id,Account.Name,Account.Owner.Name');
  assert.equal(lines.length, 4);
});

test('grouping in a table', async () => {
  const { status, stdout, stderr } = await sf('data query --query', 'SELECT Status, COUNT(Id) FROM Lead GROUP BY Status');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /COUNT\(Id\)/i);
});

test('children in a table and as JSON', async () => {
  const query = 'SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Id IN (SELECT AccountId FROM Contact) LIMIT 3';
  const { status, stdout, stderr } = await sf('data query --query', query);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /LASTNAME/i);
  const result = await json('data query --query', query);
  assert.ok(result.records.every((r) => r.Contacts.totalSize > 0 && r.Contacts.records[0].LastName));
});

test('queryAll', async () => {
  const live = await json('data query --query', 'SELECT Id FROM Account');
  const every = await json('data query --all-rows --query', 'SELECT Id FROM Account');
  assert.ok(every.totalSize > live.totalSize);
});

test('query into a file', async () => {
  await json('data query --output-file leads.csv --result-format csv --query', 'SELECT Id, LastName FROM Lead');
  const text = readFileSync(join(home, 'leads.csv'), 'utf8');
  assert.ok(text.startsWith('Id,LastName\n') && text.split('\n').length >= 601);
});

test('a statement that is refused', async () => {
  const { status, stdout } = await sf('data query --json --query', 'SELECT Nope FROM Account');
  assert.notEqual(status, 0);
  assert.match(stdout, /INVALID_FIELD/);
});

test('one record', async () => {
  const { records: [{ Id, Name }] } = await json('data query --query', 'SELECT Id, Name FROM Account LIMIT 1');
  assert.equal((await json('data get record --sobject Account --record-id', Id)).Name, Name);
  assert.equal((await json(`data get record --sobject Account --where Id=${Id}`)).Id, Id);
});

test('describe and list', async () => {
  const account = await json('sobject describe --sobject Account');
  assert.ok(account.fields.some((f) => f.name === 'AnnualRevenue'));
  assert.ok((await json('sobject list --sobject custom')).includes('Everything__c'));
});

test('limits and record counts', async () => {
  const limits = await json('org list limits');
  assert.ok(limits.some((l) => l.name === 'DailyApiRequests' && l.max > 0));
  const counts = await json('org list sobject record-counts --sobject Lead');
  assert.deepEqual(counts, [{ count: 600, name: 'Lead' }]);
});

test('the org itself', async () => {
  const result = await json('org display');
  assert.equal(new URL(result.instanceUrl).origin, org.url);
  assert.equal(result.username, org.username);
});
