#!/bin/bash
# Run by the database's image when the data directory is empty: the role that applies.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -U postgres -d "$POSTGRES_DB" -v password="$TELEPORT_DATABASE_PASSWORD" \
    -v database="$POSTGRES_DB" -f - <<'SQL'
CREATE ROLE teleport LOGIN PASSWORD :'password';
GRANT CREATE ON DATABASE :"database" TO teleport;
SQL
