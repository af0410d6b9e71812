-- The role that olap-sync uses in Postgres, with the least privileges that it needs, and its publication.
--
-- Run it with psql in the database to be followed, as a superuser, or as the tables' owner with CREATEROLE,
-- REPLICATION and the right to create in the database:
--
--     psql -d shop -v password='...' -f postgres-role.sql
--
-- Variables, each also taken from the environment:
--     password     (OLAP_SYNC_PASSWORD)     required
--     schema       (OLAP_SYNC_SCHEMA)       the schema of the tables; default public
--     publication  (OLAP_SYNC_PUBLICATION)  default olap_sync
--
-- It can be run again: the password is set anew and tables that are new since the last run are added.
-- With log_statement = ddl or all the server's log shows the password: set it with \password olap_sync afterwards.
--
-- The server needs wal_level = logical (a restart), and a free replication slot (max_replication_slots).
-- A logical connection names its database, so pg_hba.conf needs an ordinary line for the role, not one for "replication":
--     host  shop  olap_sync  10.0.0.0/8  scram-sha-256

\set ON_ERROR_STOP on
\set QUIET on

\getenv password OLAP_SYNC_PASSWORD
\if :{?password}
\else
    \warn 'No password: give -v password=... or set OLAP_SYNC_PASSWORD.'
    DO $$ BEGIN RAISE EXCEPTION 'postgres-role.sql: the variable password is missing'; END $$;
\endif
\getenv schema OLAP_SYNC_SCHEMA
\if :{?schema}
\else
    \set schema public
\endif
\getenv publication OLAP_SYNC_PUBLICATION
\if :{?publication}
\else
    \set publication olap_sync
\endif

BEGIN;

-- REPLICATION lets the role create and read a replication slot. It is no superuser and owns nothing.
SELECT 'CREATE ROLE olap_sync' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'olap_sync') \gexec
ALTER ROLE olap_sync LOGIN REPLICATION PASSWORD :'password';

-- Only for look-ups on a replica (postgres.lookup.host): to see there which log it receives.
--     GRANT pg_read_all_stats TO olap_sync;

SELECT current_database() AS database \gset
GRANT CONNECT ON DATABASE :"database" TO olap_sync;
GRANT USAGE ON SCHEMA :"schema" TO olap_sync;

-- SELECT serves the initial load and the look-ups of joined rows. The second statement covers the tables
-- that the role running this script creates later; run the script again for the tables of other roles.
GRANT SELECT ON ALL TABLES IN SCHEMA :"schema" TO olap_sync;
ALTER DEFAULT PRIVILEGES IN SCHEMA :"schema" GRANT SELECT ON TABLES TO olap_sync;

-- The publication names the tables whose changes are decoded. Only a table's owner can add it to a publication, and
-- creating one takes CREATE on the database; so the owner makes it here and olap_sync needs neither.
--
-- To let olap-sync make and extend the publication itself, give it both rights instead of this part:
--     GRANT CREATE ON DATABASE shop TO olap_sync;
--     GRANT shop_owner TO olap_sync;      -- membership in the role that owns the tables
-- which is much more than reading: it could then drop the tables.
SELECT format('CREATE PUBLICATION %I WITH (publish_via_partition_root = true' || CASE
  WHEN current_setting('server_version_num')::int >= 180000 THEN ', publish_generated_columns = stored' ELSE '' END || ')', :'publication')
WHERE NOT EXISTS (SELECT FROM pg_publication WHERE pubname = :'publication') \gexec

-- Partitions are published through their root, whose name the changes then carry. Without a replica identity that can be
-- published (a primary key that is not DEFERRABLE, for example) Postgres would refuse each UPDATE and DELETE of the table.
SELECT format('ALTER PUBLICATION %I ADD TABLE %I.%I', :'publication', n.nspname, c.relname)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :'schema'
  AND c.relkind IN ('r', 'p')
  AND NOT c.relispartition
  AND c.relpersistence = 'p'
  AND NOT EXISTS (SELECT
                  FROM pg_publication_rel r
                  JOIN pg_publication p ON p.oid = r.prpubid
                  WHERE p.pubname = :'publication' AND r.prrelid = c.oid)
  AND NOT EXISTS (SELECT
                  FROM (SELECT c.oid AS relid UNION SELECT relid FROM pg_partition_tree(c.oid) WHERE isleaf) part
                  JOIN pg_class l ON l.oid = part.relid AND l.relkind <> 'p'
                  WHERE CASE l.relreplident
                    WHEN 'f' THEN EXISTS (SELECT FROM pg_attribute a
                                          WHERE a.attrelid = l.oid AND a.attgenerated = 'v' AND NOT a.attisdropped)
                    ELSE NOT EXISTS (SELECT FROM pg_index i
                                     WHERE i.indrelid = l.oid AND i.indisvalid AND i.indimmediate
                                       AND CASE l.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident END) END)
ORDER BY c.relname \gexec

COMMIT;
