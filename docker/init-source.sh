#!/bin/bash
# Run by the database's image when the data directory is empty: the roles, schema and rows of the
# demonstration.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -U postgres -d "$POSTGRES_DB" -v password="$TELEPORT_DATABASE_PASSWORD" \
    -f /demo/roles.sql
psql -v ON_ERROR_STOP=1 -U app -d "$POSTGRES_DB" -f /demo/schema.sql
psql -v ON_ERROR_STOP=1 -U app -d "$POSTGRES_DB" -v scale=1 -f /demo/fill.sql
