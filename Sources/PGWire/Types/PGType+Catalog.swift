/// What is known of the built-in types without asking the server.
extension PGType {
    /// Whether the oid is one that PostgreSQL gives out by hand, the same in every database; other
    /// types are made by `CREATE TYPE`, `CREATE DOMAIN` or an extension.
    @inlinable public var isBuiltIn: Bool { rawValue < 10_000 }

    /// Whether a value of a built-in type may travel as this one: it is that type, nobody said a type,
    /// or it is a database's own type, which may be a domain over it.
    @inlinable func mayBe(_ type: PGType) -> Bool {
        self == type || self == .unspecified || !isBuiltIn
    }

    /// Whether it is a built-in array type.
    public var isArray: Bool { arrayElement != nil }

    /// The type of an array's elements; nil where it is no built-in array.
    public var arrayElement: PGType? {
        Self.tables.element[rawValue].map { PGType(oid: $0) }
    }

    /// The type of arrays of this type; nil where none is built in.
    public var array: PGType? {
        Self.tables.array[rawValue].map { PGType(oid: $0) }
    }

    /// The type of a built-in range's bounds.
    public var rangeBound: PGType? { PGType.ranges.first { $0.range == self }?.bound }

    /// The range type that a built-in multirange is made of.
    public var multirangeRange: PGType? { PGType.ranges.first { $0.multirange == self }?.range }

    /// The built-in range type over this type.
    public var range: PGType? { PGType.ranges.first { $0.bound == self }?.range }

    /// The built-in multirange type of this range type.
    public var multirange: PGType? { PGType.ranges.first { $0.range == self }?.multirange }

    /// The name of a built-in type, as `format_type` gives it without a modifier.
    public var name: String? {
        if let name = Self.tables.name[rawValue] { return name }
        guard let element = Self.tables.element[rawValue] else { return nil }
        return Self.tables.name[element].map { $0 + "[]" }
    }

    private static let ranges: [(range: PGType, bound: PGType, multirange: PGType)] = [
        (.int4range, .int4, .int4multirange), (.int8range, .int8, .int8multirange),
        (.numrange, .numeric, .nummultirange), (.tsrange, .timestamp, .tsmultirange),
        (.tstzrange, .timestamptz, .tstzmultirange), (.daterange, .date, .datemultirange),
    ]

    private struct Tables {
        var name: [UInt32: String] = [:]
        var element: [UInt32: UInt32] = [22: 21, 30: 26]
        var array: [UInt32: UInt32] = [:]
    }

    private static let tables: Tables = {
        var tables = Tables()
        for (oid, array, name) in builtIn {
            tables.name[oid] = name
            guard array != 0 else { continue }
            tables.array[oid] = array
            tables.element[array] = oid
        }
        return tables
    }()

    /// Type, its array (0 for none), name.
    private static let builtIn: [(UInt32, UInt32, String)] = [
        (16, 1000, "boolean"),
        (17, 1001, "bytea"),
        (18, 1002, "\"char\""),
        (19, 1003, "name"),
        (20, 1016, "bigint"),
        (21, 1005, "smallint"),
        (22, 1006, "int2vector"),
        (23, 1007, "integer"),
        (24, 1008, "regproc"),
        (25, 1009, "text"),
        (26, 1028, "oid"),
        (27, 1010, "tid"),
        (28, 1011, "xid"),
        (29, 1012, "cid"),
        (30, 1013, "oidvector"),
        (114, 199, "json"),
        (142, 143, "xml"),
        (194, 0, "pg_node_tree"),
        (600, 1017, "point"),
        (601, 1018, "lseg"),
        (602, 1019, "path"),
        (603, 1020, "box"),
        (604, 1027, "polygon"),
        (628, 629, "line"),
        (650, 651, "cidr"),
        (700, 1021, "real"),
        (701, 1022, "double precision"),
        (705, 0, "unknown"),
        (718, 719, "circle"),
        (774, 775, "macaddr8"),
        (790, 791, "money"),
        (829, 1040, "macaddr"),
        (869, 1041, "inet"),
        (1033, 1034, "aclitem"),
        (1042, 1014, "character"),
        (1043, 1015, "character varying"),
        (1082, 1182, "date"),
        (1083, 1183, "time without time zone"),
        (1114, 1115, "timestamp without time zone"),
        (1184, 1185, "timestamp with time zone"),
        (1186, 1187, "interval"),
        (1266, 1270, "time with time zone"),
        (1560, 1561, "bit"),
        (1562, 1563, "bit varying"),
        (1700, 1231, "numeric"),
        (1790, 2201, "refcursor"),
        (2202, 2207, "regprocedure"),
        (2203, 2208, "regoper"),
        (2204, 2209, "regoperator"),
        (2205, 2210, "regclass"),
        (2206, 2211, "regtype"),
        (2249, 2287, "record"),
        (2275, 1263, "cstring"),
        (2278, 0, "void"),
        (2950, 2951, "uuid"),
        (2970, 2949, "txid_snapshot"),
        (3220, 3221, "pg_lsn"),
        (3361, 0, "pg_ndistinct"),
        (3402, 0, "pg_dependencies"),
        (3614, 3643, "tsvector"),
        (3615, 3645, "tsquery"),
        (3642, 3644, "gtsvector"),
        (3734, 3735, "regconfig"),
        (3769, 3770, "regdictionary"),
        (3802, 3807, "jsonb"),
        (3904, 3905, "int4range"),
        (3906, 3907, "numrange"),
        (3908, 3909, "tsrange"),
        (3910, 3911, "tstzrange"),
        (3912, 3913, "daterange"),
        (3926, 3927, "int8range"),
        (4072, 4073, "jsonpath"),
        (4089, 4090, "regnamespace"),
        (4096, 4097, "regrole"),
        (4191, 4192, "regcollation"),
        (4451, 6150, "int4multirange"),
        (4532, 6151, "nummultirange"),
        (4533, 6152, "tsmultirange"),
        (4534, 6153, "tstzmultirange"),
        (4535, 6155, "datemultirange"),
        (4536, 6157, "int8multirange"),
        (4600, 0, "pg_brin_bloom_summary"),
        (4601, 0, "pg_brin_minmax_multi_summary"),
        (5017, 0, "pg_mcv_list"),
        (5038, 5039, "pg_snapshot"),
        (5069, 271, "xid8"),
    ]
}
