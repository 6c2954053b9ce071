// What the Salesforce CLI writes, by REST and by Bulk API 2.0.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { home, json, login, sf } from './sf.mjs';

test.before(login);

const count = async (object, where = '') => (await json('data query --query', `SELECT COUNT() FROM ${object}${where}`)).totalSize;

test('create, update, delete a record', async () => {
  const { id } = await json('data create record --sobject Account --values', `Name='From the CLI' NumberOfEmployees=7`);
  await json(`data update record --sobject Account --record-id ${id} --values`, `Name='Renamed'`);
  assert.equal((await json(`data get record --sobject Account --record-id ${id}`)).Name, 'Renamed');
  await json(`data delete record --sobject Account --record-id ${id}`);
  assert.equal(await count('Account', ` WHERE Id = '${id}'`), 0);
});

test('a record without what it needs', async () => {
  const { status, stdout } = await sf('data create record --json --sobject Account --values', 'Industry=Energy');
  assert.notEqual(status, 0);
  assert.match(stdout, /REQUIRED_FIELD_MISSING|Required fields are missing/);
});

test('import and export of trees', async () => {
  writeFileSync(join(home, 'tree.json'), JSON.stringify({
    records: [{
      attributes: { type: 'Account', referenceId: 'a1' }, Name: 'Tree',
      Contacts: { records: [{ attributes: { type: 'Contact', referenceId: 'c1' }, LastName: 'Leaf' }] },
    }],
  }));
  const made = await json('data import tree --files tree.json');
  assert.equal(made.length, 2);
  await json('data export tree --output-dir out --query', `SELECT Id, Name, (SELECT LastName FROM Contacts) FROM Account WHERE Name = 'Tree'`);
  const text = readFileSync(join(home, 'out', 'Account-Contact.json'), 'utf8');
  assert.match(text, /"Leaf"/);
});

test('bulk export', async () => {
  await json('data export bulk --wait 5 --output-file contacts.csv --result-format csv --query', 'SELECT Id, LastName FROM Contact');
  const text = readFileSync(join(home, 'contacts.csv'), 'utf8');
  assert.ok(text.split('\n').length > 2000);
});

test('bulk import, upsert and delete', async () => {
  const rows = Array.from({ length: 300 }, (_, i) => `cli-${i},Row ${i}`);
  writeFileSync(join(home, 'rows.csv'), ['CaseSensitive__c,Text__c', ...rows, ''].join('\n'));
  const before = await count('Everything__c');
  await json('data import bulk --wait 5 --sobject Everything__c --file rows.csv');
  assert.equal(await count('Everything__c'), before + 300);
  writeFileSync(join(home, 'upsert.csv'), 'CaseSensitive__c,Text__c\ncli-0,Changed\ncli-new,New\n');
  await json('data upsert bulk --wait 5 --sobject Everything__c --external-id CaseSensitive__c --file upsert.csv');
  assert.equal(await count('Everything__c'), before + 301);
  const { records } = await json('data query --query', `SELECT Id FROM Everything__c WHERE CaseSensitive__c LIKE 'cli-%'`);
  assert.equal(records.length, 301);
  writeFileSync(join(home, 'delete.csv'), ['Id', ...records.map((r) => r.Id), ''].join('\n'));
  await json('data delete bulk --wait 5 --sobject Everything__c --file delete.csv');
  assert.equal(await count('Everything__c'), before);
});
