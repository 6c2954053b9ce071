// Runs the Salesforce CLI in a home of its own, so that it finds no login of
// yours and leaves none.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const org = JSON.parse(readFileSync(process.env.CONFORMANCE_ORG, 'utf8'));

export const home = mkdtempSync(join(tmpdir(), 'sfsql-conformance-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));

export const environment = {
  PATH: process.env.PATH, HOME: home, USERPROFILE: home, TMPDIR: tmpdir(),
  SF_DISABLE_TELEMETRY: 'true', SF_DISABLE_DNS_CHECK: 'true', SF_AUTOUPDATE_DISABLE: 'true', SF_DISABLE_AUTOUPDATE: 'true',
  SF_SKIP_NEW_VERSION_CHECK: 'true', SF_USE_GENERIC_UNIX_KEYCHAIN: 'true', SF_DISABLE_LOG_FILE: 'true',
  SF_AUDIENCE_URL: 'https://login.salesforce.com', SF_ACCESS_TOKEN: org.access_token, SF_TARGET_ORG: 'emu',
};

export const program = join(import.meta.dirname, 'node_modules', '@salesforce', 'cli', 'bin', 'run.js');

// sf runs a command line, split at blanks, with more arguments behind it.
export function sf(line, ...more) {
  const args = [program, ...line.split(' '), ...more];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: environment, cwd: home, timeout: 60_000, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      resolve({ status: error ? (error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

// json runs a command that must succeed and returns its result.
export async function json(line, ...more) {
  const { status, stdout, stderr } = await sf(line, ...more, '--json');
  assert.equal(status, 0, `sf ${line}: ${stdout}${stderr}`);
  return JSON.parse(stdout).result;
}

export function login() {
  return json('org login access-token --no-prompt --set-default --alias emu --instance-url', org.url);
}
