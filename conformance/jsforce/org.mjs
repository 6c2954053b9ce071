// What the scripts of this folder share: the org, and connections to it.
import { readFileSync } from 'node:fs';
import jsforce from 'jsforce';

export const org = JSON.parse(readFileSync(process.env.CONFORMANCE_ORG, 'utf8'));

// 64.0 is the newest version that SOAP login still works with.
export const version = '64.0';

export function connect(options = {}) {
  return new jsforce.Connection({
    loginUrl: org.url, instanceUrl: org.url, accessToken: org.access_token, version, ...options,
  });
}

export function oauth2(redirectUri) {
  return new jsforce.OAuth2({ loginUrl: org.url, clientId: org.client_id, clientSecret: org.client_secret, redirectUri });
}

// all reads a query to its end; without maxFetch jsforce stops at 10,000 rows.
export async function all(query, options = {}) {
  const { records } = await query.execute({ autoFetch: true, maxFetch: 1_000_000, ...options });
  return records;
}
