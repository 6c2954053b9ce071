// Every login that jsforce knows.
import assert from 'node:assert/strict';
import test from 'node:test';
import jsforce from 'jsforce';
import { org, connect, oauth2, version } from './org.mjs';

const fresh = (options = {}) => new jsforce.Connection({ loginUrl: org.url, version, ...options });

async function works(conn) {
  const limits = await conn.request('/services/data/v' + version + '/limits');
  assert.ok(limits.DailyApiRequests.Max > 0);
}

test('SOAP login, and logout', async () => {
  const conn = fresh();
  const user = await conn.login(org.username, org.password + org.security_token);
  assert.match(user.id, /^005/);
  assert.match(user.organizationId, /^00D/);
  assert.equal(conn.instanceUrl, org.url);
  await works(conn);
  const copy = connect({ accessToken: conn.accessToken });
  await conn.logout();
  await assert.rejects(works(copy), { errorCode: 'INVALID_SESSION_ID' });
});

test('SOAP login with a wrong password', async () => {
  await assert.rejects(fresh().login(org.username, 'wrong'), /INVALID_LOGIN/);
});

test('OAuth: password', async () => {
  const conn = fresh({ oauth2: oauth2() });
  const user = await conn.login(org.username, org.password + org.security_token);
  assert.match(user.organizationId, /^00D/);
  await works(conn);
});

test('OAuth: client credentials', async () => {
  const conn = fresh({ oauth2: oauth2() });
  const user = await conn.authorize({ grant_type: 'client_credentials' });
  assert.match(user.id, /^005/);
  await works(conn);
});

test('OAuth: authorization code with PKCE, refresh, revoke', async () => {
  const flow = new jsforce.OAuth2({
    loginUrl: org.url, clientId: org.client_id, clientSecret: org.client_secret,
    redirectUri: 'http://localhost:1717/OauthRedirect', useVerifier: true,
  });
  const page = flow.getAuthorizationUrl({ scope: 'api refresh_token', state: 'a&b' });
  const answer = await fetch(page, { redirect: 'manual' });
  const to = new URL(answer.headers.get('location'));
  assert.equal(to.searchParams.get('state'), 'a&b');
  const conn = fresh({ oauth2: flow });
  await conn.authorize(to.searchParams.get('code'));
  await works(conn);
  assert.ok(conn.refreshToken);

  // A session that is over: jsforce refreshes by itself.
  const again = connect({ oauth2: flow, accessToken: '00D000000000000!gone', refreshToken: conn.refreshToken });
  let refreshed = 0;
  again.on('refresh', () => refreshed++);
  await works(again);
  assert.equal(refreshed, 1);

  await flow.revokeToken(conn.refreshToken);
  await assert.rejects(flow.refreshToken(conn.refreshToken), { name: 'invalid_grant' });
  await assert.rejects(flow.revokeToken(conn.refreshToken), { name: 'unsupported_token_type' });
});

test('OAuth: the redirect URI must match', async () => {
  const answer = await fetch(oauth2('http://localhost:1/').getAuthorizationUrl({}), { redirect: 'manual' });
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /redirect_uri_mismatch/);
});

test('identity', async () => {
  const identity = await connect().identity();
  assert.equal(identity.username, org.username);
  assert.match(identity.organization_id, /^00D/);
});
