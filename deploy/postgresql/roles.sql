-- Run once as a superuser: psql -f roles.sql
-- The backend owns its database and nothing else; it makes its tables itself.
CREATE ROLE huimin LOGIN;
\password huimin
CREATE DATABASE huimin OWNER huimin ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
REVOKE ALL ON DATABASE huimin FROM PUBLIC;
-- For backups and reports: may read, not change. Personal data stay sealed to it.
CREATE ROLE huimin_reader NOLOGIN;
GRANT CONNECT ON DATABASE huimin TO huimin_reader;
\connect huimin
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO huimin;
GRANT USAGE ON SCHEMA public TO huimin_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE huimin IN SCHEMA public GRANT SELECT ON TABLES TO huimin_reader;
