-- Run as the superuser on the source's database. `app` owns and writes the tables and has no right
-- on schema teleport; `teleport` reads the tables, puts triggers on them, and nothing more.
-- Variables: password.
CREATE ROLE app LOGIN PASSWORD :'password';
CREATE ROLE teleport LOGIN PASSWORD :'password';

GRANT USAGE, CREATE ON SCHEMA public TO app;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION citext;

-- Its own schema for the events.
SELECT format('GRANT CREATE ON DATABASE %I TO teleport', current_database()) \gexec
GRANT USAGE ON SCHEMA public TO teleport;
GRANT SELECT, TRIGGER ON ALL TABLES IN SCHEMA public TO teleport;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO teleport;
-- And the same for what app creates later.
ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA public GRANT SELECT, TRIGGER ON TABLES TO teleport;
ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA public GRANT SELECT ON SEQUENCES TO teleport;
