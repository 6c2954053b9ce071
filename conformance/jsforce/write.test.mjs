// Everything that jsforce writes by REST.
import assert from 'node:assert/strict';
import test from 'node:test';
import { all, connect } from './org.mjs';

const conn = connect();
const account = conn.sobject('Account');
const count = async (object, where = '') => (await conn.query(`SELECT COUNT() FROM ${object}${where}`)).totalSize;

test('create, update, delete one', async () => {
  const made = await account.create({ Name: `O'Hara "&" Söhne`, NumberOfEmployees: 7 });
  assert.ok(made.success && made.id.length === 18);
  await account.update({ Id: made.id, Name: 'Renamed', NumberOfEmployees: null });
  const { Name, NumberOfEmployees } = await account.retrieve(made.id);
  assert.deepEqual([Name, NumberOfEmployees], ['Renamed', null]);
  assert.ok((await account.destroy(made.id)).success);
  await assert.rejects(account.retrieve(made.id), (e) => ['ENTITY_IS_DELETED', 'NOT_FOUND'].includes(e.errorCode));
  assert.equal((await all(conn.query(`SELECT Id FROM Account WHERE Id = '${made.id}'`), { scanAll: true })).length, 1);
});

test('a record without what it needs', async () => {
  await assert.rejects(account.create({ Industry: 'Energy' }), { errorCode: 'REQUIRED_FIELD_MISSING' });
});

// jsforce puts the value into the URL as it is: a slash in it breaks the path.
test('upsert by an external id', async () => {
  const object = conn.sobject('Everything__c');
  const first = await object.upsert({ CaseSensitive__c: 'js-1 ä', Text__c: 'one' }, 'CaseSensitive__c');
  assert.ok(first.success && first.created !== false);
  const second = await object.upsert({ CaseSensitive__c: 'js-1 ä', Text__c: 'two' }, 'CaseSensitive__c');
  assert.ok(second.success);
  const rows = await all(conn.query(`SELECT Text__c FROM Everything__c WHERE CaseSensitive__c = 'js-1 ä'`));
  assert.deepEqual(rows.map((r) => r.Text__c), ['two']);
});

test('many at once', async () => {
  const before = await count('Account');
  const made = await account.create(Array.from({ length: 250 }, (_, i) => ({ Name: `Many ${i}` })), { allowRecursive: true });
  assert.equal(made.filter((r) => r.success).length, 250);
  assert.equal(await count('Account'), before + 250);
  const ids = made.map((r) => r.id);
  const changed = await account.update(ids.map((Id) => ({ Id, Site: 'x' })), { allowRecursive: true });
  assert.ok(changed.every((r) => r.success));
  const some = await account.retrieve(ids.slice(0, 20));
  assert.ok(some.every((r) => r.Site === 'x'));
  const gone = await account.destroy(ids, { allowRecursive: true });
  assert.ok(gone.every((r) => r.success));
  assert.equal(await count('Account'), before);
});

test('errors row by row, and all or none', async () => {
  const before = await count('Account');
  const rows = [{ Name: 'Good' }, { Industry: 'Energy' }];
  const mixed = await account.create(rows);
  assert.deepEqual(mixed.map((r) => r.success), [true, false]);
  assert.equal(mixed[1].errors[0].statusCode, 'REQUIRED_FIELD_MISSING');
  assert.equal(await count('Account'), before + 1);
  const none = await account.create(rows, { allOrNone: true });
  assert.deepEqual(none.map((r) => r.success), [false, false]);
  assert.equal(none[0].errors[0].statusCode, 'ALL_OR_NONE_OPERATION_ROLLED_BACK');
  assert.equal(await count('Account'), before + 1);
});

test('deleted and updated of a span', async () => {
  const start = new Date(Date.now() - 3600_000);
  const end = new Date(Date.now() + 3600_000);
  const { id } = await account.create({ Name: 'Short-lived' });
  const updated = await account.updated(start, end);
  assert.ok(updated.ids.includes(id));
  await account.destroy(id);
  const deleted = await account.deleted(start, end);
  assert.ok(deleted.deletedRecords.some((r) => r.id === id));
});
