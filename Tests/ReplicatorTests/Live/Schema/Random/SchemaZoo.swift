import PGWire
import TestSupport

@testable import Replicator

/// What schema `src` of a database holds, as lists that a random change can choose from.
struct SchemaZoo {
    /// One object: its kind, its name, and what it belongs to.
    struct Animal: Hashable {
        /// The object's own name.
        var name: String
        /// The table, type or routine it belongs to; its arguments for a routine.
        var owner: String
        /// The type of a column or attribute, the kind of a constraint.
        var detail: String
    }

    private var animals: [String: [Animal]] = [:]

    subscript(kind: String) -> [Animal] { animals[kind] ?? [] }

    /// Whether anything is there at all.
    var isEmpty: Bool { animals.isEmpty }

    /// Reads what is there.
    init(_ connection: PGConnection) async throws {
        for row in try await connection.query(sql: Self.query).rows {
            animals[try row.decode(String.self, 0), default: []].append(
                .init(
                    name: try row.decode(String.self, 1), owner: try row.decode(String.self, 2),
                    detail: try row.decode(String.self, 3)))
        }
    }

    private static let query = """
        WITH space AS (SELECT oid FROM pg_namespace WHERE nspname = 'src'),
        animal(kind, name, owner, detail) AS (
            SELECT CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned' WHEN 'v' THEN 'view'
                        WHEN 'm' THEN 'matview' WHEN 'S' THEN 'sequence' WHEN 'i' THEN 'index'
                        WHEN 'c' THEN 'composite' END,
                   c.relname::text, coalesce(i.indrelid::regclass::text, ''),
                   CASE c.relkind WHEN 'v' THEN rtrim(pg_get_viewdef(c.oid), ';') ELSE c.relispartition::text END
              FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
             WHERE c.relnamespace IN (TABLE space) AND c.relkind IN ('r','p','v','m','S','i','c')
               AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                                  AND d.objid = c.oid AND d.deptype = 'i' AND c.relkind IN ('S', 'i'))
            UNION ALL
            SELECT CASE c.relkind WHEN 'c' THEN 'attribute' WHEN 'v' THEN 'viewcolumn'
                        ELSE CASE WHEN a.attgenerated = '' AND a.attidentity = '' THEN 'column'
                                  ELSE 'computed' END END,
                   a.attname, c.relname, format_type(a.atttypid, a.atttypmod)
              FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
             WHERE c.relnamespace IN (TABLE space) AND c.relkind IN ('r','p','c','v') AND a.attnum > 0
               AND NOT a.attisdropped AND NOT c.relispartition
            UNION ALL
            SELECT CASE y.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range' END,
                   y.typname, '', '' FROM pg_type y
             WHERE y.typnamespace IN (TABLE space) AND y.typtype IN ('e', 'd', 'r')
            UNION ALL
            SELECT 'label', e.enumlabel, y.typname, '' FROM pg_enum e JOIN pg_type y ON y.oid = enumtypid
             WHERE y.typnamespace IN (TABLE space)
            UNION ALL
            SELECT CASE WHEN k.conrelid = 0 THEN 'domainconstraint' ELSE 'constraint' END, k.conname,
                   coalesce(c.relname, y.typname), k.contype::text
              FROM pg_constraint k LEFT JOIN pg_class c ON c.oid = k.conrelid
              LEFT JOIN pg_type y ON y.oid = k.contypid
             WHERE k.connamespace IN (TABLE space) AND k.conislocal AND k.contype <> 'n'
            UNION ALL
            SELECT 'function', p.proname, pg_get_function_identity_arguments(p.oid), p.prokind::text
              FROM pg_proc p WHERE p.pronamespace IN (TABLE space)
            UNION ALL
            SELECT 'trigger', t.tgname, c.relname, '' FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
             WHERE NOT t.tgisinternal AND NOT starts_with(t.tgname, 'teleport_') AND c.relnamespace IN (TABLE space)
            UNION ALL
            SELECT 'policy', t.polname, c.relname, '' FROM pg_policy t JOIN pg_class c ON c.oid = polrelid
             WHERE c.relnamespace IN (TABLE space)
            UNION ALL
            SELECT 'rule', t.rulename, c.relname, '' FROM pg_rewrite t JOIN pg_class c ON c.oid = ev_class
             WHERE t.rulename <> '_RETURN' AND c.relnamespace IN (TABLE space)
            UNION ALL
            SELECT 'statistics', s.stxname, '', '' FROM pg_statistic_ext s
             WHERE s.stxnamespace IN (TABLE space)
        )
        SELECT kind::text, name::text, owner::text, detail::text
          FROM animal ORDER BY kind, name COLLATE "C", owner COLLATE "C"
        """
}

extension SeededGenerator {
    /// One of a list; nil of an empty one.
    mutating func one<Item>(of list: [Item]) -> Item? {
        list.randomElement(using: &self)
    }

    /// True once in `count` times.
    mutating func once(in count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
}
