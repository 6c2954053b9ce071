// The other way round: sfsql uses the logins of the Salesforce CLI.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import test from 'node:test';
import { environment, home, json, login, org, program } from './sf.mjs';

const bin = join(home, 'bin');
mkdirSync(bin);
writeFileSync(join(bin, 'sf'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, { mode: 0o755 });

function sfsql(dsn, sql) {
  const env = { ...environment, PATH: bin + delimiter + environment.PATH };
  return new Promise((resolve) => {
    execFile(process.env.CONFORMANCE_SFSQL, ['--org', dsn, '--mode', 'csv', '--header', 'off', sql], { env, cwd: home, timeout: 120_000 }, (error, stdout, stderr) => {
      resolve({ status: error ? (error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

const statement = 'SELECT count(*) FROM Account';

let want; // what the CLI itself counts

test('the default org, an alias and a username', async () => {
  await login();
  want = String((await json('data query --query', 'SELECT COUNT() FROM Account')).totalSize);
  for (const user of ['', 'emu@', `${encodeURIComponent(org.username)}@`]) {
    const { status, stdout, stderr } = await sfsql(`salesforce://${user}/?auth=sf`, statement);
    assert.equal(status, 0, stderr);
    assert.equal(stdout.trim(), want);
  }
});

test('a session that ended is renewed by the CLI', async () => {
  await json(
    `org login jwt --username ${org.username} --client-id ${org.client_id} --alias jwt --instance-url ${org.url} --jwt-key-file`,
    process.env.CONFORMANCE_KEY,
  );
  const { accessToken } = await json('org auth show-access-token --no-prompt --target-org jwt');
  await fetch(`${org.url}/services/oauth2/revoke`, { method: 'POST', body: new URLSearchParams({ token: accessToken }) });
  const { status, stdout, stderr } = await sfsql('salesforce://jwt@/?auth=sf', statement);
  assert.equal(status, 0, stderr);
  assert.equal(stdout.trim(), want);
  await login(); // both logins are of one user
});

test('an org that the CLI does not know', async () => {
  const { status, stderr } = await sfsql('salesforce://nosuch@/?auth=sf', statement);
  assert.equal(status, 3);
  assert.match(stderr, /nosuch/);
  assert.match(stderr, /sf org list/);
});
