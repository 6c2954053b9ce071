// Everything that jsforce reads by REST.
import assert from 'node:assert/strict';
import test from 'node:test';
import { all, connect } from './org.mjs';

const conn = connect();

test('query over many pages', async () => {
  const rows = await all(conn.query('SELECT Id, Name, Account.Name FROM Contact'));
  const counted = await conn.query('SELECT COUNT() FROM Contact');
  assert.ok(counted.totalSize > 2000);
  assert.equal(rows.length, counted.totalSize);
  assert.equal(new Set(rows.map((r) => r.Id)).size, rows.length);
  assert.ok(rows.some((r) => r.Account?.Name) && rows.every((r) => r.attributes.type === 'Contact'));
});

test('queryMore by hand', async () => {
  const first = await conn.query('SELECT Id FROM Opportunity');
  assert.equal(first.done, false);
  const second = await conn.queryMore(first.nextRecordsUrl);
  assert.notEqual(first.records[0].Id, second.records[0].Id);
  assert.equal(first.totalSize, second.totalSize);
});

test('events of a streamed query', async () => {
  let rows = 0;
  await new Promise((resolve, reject) => {
    conn.query('SELECT Id FROM Lead')
      .on('record', () => rows++).on('end', resolve).on('error', reject)
      .run({ autoFetch: true, maxFetch: 100_000 });
  });
  assert.equal(rows, 600);
});

test('scanAll sees deleted rows', async () => {
  const query = 'SELECT Id, IsDeleted FROM Account';
  const live = await all(conn.query(query));
  const every = await all(conn.query(query), { scanAll: true });
  assert.ok(every.length > live.length);
  assert.equal(every.filter((r) => r.IsDeleted).length, every.length - live.length);
});

test('queryAll with a batch size', async () => {
  const page = await conn.query('SELECT Id FROM Contact', { headers: { 'Sforce-Query-Options': 'batchSize=200' } });
  assert.ok(page.records.length <= 2000 && page.records.length > 0);
});

test('find, select, sort, limit', async () => {
  const rows = await conn.sobject('Account').find({ Industry: { $ne: null } }, ['Id', 'Name', 'Owner.Name'])
    .sort({ CreatedDate: -1, Id: 1 }).limit(5).execute();
  assert.equal(rows.length, 5);
  assert.ok(rows.every((r) => r.Name && r.Owner));
  assert.ok(await conn.sobject('Account').count({ Name: { $like: 'A%' } }) > 0);
});

test('children, over pages of their own', async () => {
  const rows = await all(conn.query('SELECT Id, (SELECT Id, LastName FROM Contacts) FROM Account'));
  const children = rows.reduce((sum, r) => sum + (r.Contacts?.records.length ?? 0), 0);
  const counted = await conn.query('SELECT COUNT() FROM Contact WHERE AccountId != null AND Account.IsDeleted = false');
  assert.equal(children, counted.totalSize);
  assert.ok(rows.some((r) => r.Contacts === null));
});

test('TYPEOF', async () => {
  const rows = await all(conn.query('SELECT Id, TYPEOF What WHEN Account THEN Name, Industry ELSE Name END FROM Task WHERE WhatId != null LIMIT 50'));
  assert.ok(rows.some((r) => r.What?.attributes.type === 'Account' && 'Industry' in r.What));
});

test('grouping', async () => {
  const { records } = await conn.query('SELECT Industry, COUNT(Id) n, MAX(CreatedDate) FROM Account GROUP BY Industry');
  const total = await conn.query('SELECT COUNT() FROM Account');
  assert.equal(records.reduce((sum, r) => sum + r.n, 0), total.totalSize);
  assert.ok(records.every((r) => 'expr0' in r && r.attributes.type === 'AggregateResult'));
});

test('a wrong field has its code', async () => {
  await assert.rejects(conn.query('SELECT Nope FROM Account'), (e) => e.errorCode === 'INVALID_FIELD' && /ERROR at Row:1:Column:8/.test(e.message));
});

test('describe, one and all, cached too', async () => {
  const everything = await conn.describeGlobal();
  assert.ok(everything.sobjects.some((o) => o.name === 'Everything__c' && o.custom));
  const account = await conn.describe('Account');
  assert.equal(account.fields.find((f) => f.name === 'AnnualRevenue').type, 'currency');
  assert.equal((await conn.describe$('Account')).name, (await conn.describe$('Account')).name);
  await assert.rejects(conn.describe('Nope__c'), { errorCode: 'NOT_FOUND' });
});

test('retrieve one', async () => {
  const [{ Id, Name }] = await all(conn.query('SELECT Id, Name FROM Account LIMIT 1'));
  const record = await conn.sobject('Account').retrieve(Id);
  assert.equal(record.Name, Name);
});

test('explain', async () => {
  const { plans } = await conn.query('SELECT Id FROM Account').explain();
  assert.ok(plans[0].relativeCost > 0 && plans[0].sobjectType === 'Account');
});

test('limits and usage', async () => {
  const limits = await conn.limits();
  assert.ok(limits.DailyApiRequests.Remaining <= limits.DailyApiRequests.Max);
  assert.ok(conn.limitInfo.apiUsage.used > 0);
});

test('recordCount', async () => {
  const { sObjects } = await conn.request(`/services/data/v${conn.version}/limits/recordCount?sObjects=Lead,Nope`);
  assert.deepEqual(sObjects, [{ count: 600, name: 'Lead' }]);
});
