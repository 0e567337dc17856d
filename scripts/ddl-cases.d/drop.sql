-- Takes everything out of a database but schema teleport, as a role that owns it.
SET client_min_messages = error;
DO $$
DECLARE sentence text;
BEGIN
    FOR sentence IN
        SELECT format('DROP EVENT TRIGGER IF EXISTS %I', evtname) FROM pg_event_trigger
        UNION ALL SELECT format('DROP PUBLICATION IF EXISTS %I', pubname) FROM pg_publication
        UNION ALL SELECT format('DROP EXTENSION IF EXISTS %I CASCADE', extname) FROM pg_extension
                   WHERE extname <> 'plpgsql'
        UNION ALL SELECT format('DROP SERVER IF EXISTS %I CASCADE', srvname) FROM pg_foreign_server
        UNION ALL SELECT format('DROP FOREIGN DATA WRAPPER IF EXISTS %I CASCADE', fdwname)
                    FROM pg_foreign_data_wrapper
        UNION ALL SELECT format('DROP SCHEMA IF EXISTS %I CASCADE', nspname) FROM pg_namespace
                   WHERE nspname NOT IN ('information_schema', 'teleport') AND nspname !~ '^pg_'
    LOOP
        EXECUTE sentence;
    END LOOP;
END $$;
