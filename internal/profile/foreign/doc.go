// Package foreign reads the configurations that other tools of this field keep
// for Salesforce, as saved orgs:
//
//   - the keys of Singer's and Mage's taps: api_type, domain, client_id,
//     client_secret, refresh_token, username, password, security_token,
//     start_date, select_fields_by_default, streams, is_sandbox;
//   - those of Multiwoven and AI Squared: access_token, refresh_token,
//     instance_url, client_id, client_secret, host;
//   - a connection as Nango hands it out: credentials, connection_config;
//   - a site with the consumer key and secret of an app.
//
// They may be JSON or YAML, and may lie inside the file of a pipeline, under
// config, connection_specification and the like. A key that means nothing here
// is reported, not refused: such files also hold what concerns their own tool.
// Errors name the line and the key. They never quote a value, for any may be a
// secret.
package foreign
