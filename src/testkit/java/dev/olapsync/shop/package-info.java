/** The shop of the demo in a browser: a REST API in front of Postgres, and what each change does in ClickHouse. */
package dev.olapsync.shop;
