/// The built-in types of PostgreSQL 15 to 18 that values can have, named as in `pg_type`.
extension PGType {
    /// Not named: the server infers it from the statement.
    @inlinable public static var unspecified: PGType { PGType(oid: 0) }
    /// `boolean`.
    @inlinable public static var bool: PGType { PGType(oid: 16) }
    /// `bytea`.
    @inlinable public static var bytea: PGType { PGType(oid: 17) }
    /// `"char"`.
    @inlinable public static var char: PGType { PGType(oid: 18) }
    /// `name`.
    @inlinable public static var name: PGType { PGType(oid: 19) }
    /// `bigint`.
    @inlinable public static var int8: PGType { PGType(oid: 20) }
    /// `smallint`.
    @inlinable public static var int2: PGType { PGType(oid: 21) }
    /// `int2vector`.
    @inlinable public static var int2vector: PGType { PGType(oid: 22) }
    /// `integer`.
    @inlinable public static var int4: PGType { PGType(oid: 23) }
    /// `regproc`.
    @inlinable public static var regproc: PGType { PGType(oid: 24) }
    /// `text`.
    @inlinable public static var text: PGType { PGType(oid: 25) }
    /// `oid`.
    @inlinable public static var oid: PGType { PGType(oid: 26) }
    /// `tid`.
    @inlinable public static var tid: PGType { PGType(oid: 27) }
    /// `xid`.
    @inlinable public static var xid: PGType { PGType(oid: 28) }
    /// `cid`.
    @inlinable public static var cid: PGType { PGType(oid: 29) }
    /// `oidvector`.
    @inlinable public static var oidvector: PGType { PGType(oid: 30) }
    /// `json`.
    @inlinable public static var json: PGType { PGType(oid: 114) }
    /// `xml`.
    @inlinable public static var xml: PGType { PGType(oid: 142) }
    /// `pg_node_tree`.
    @inlinable public static var pgNodeTree: PGType { PGType(oid: 194) }
    /// `point`.
    @inlinable public static var point: PGType { PGType(oid: 600) }
    /// `lseg`.
    @inlinable public static var lseg: PGType { PGType(oid: 601) }
    /// `path`.
    @inlinable public static var path: PGType { PGType(oid: 602) }
    /// `box`.
    @inlinable public static var box: PGType { PGType(oid: 603) }
    /// `polygon`.
    @inlinable public static var polygon: PGType { PGType(oid: 604) }
    /// `line`.
    @inlinable public static var line: PGType { PGType(oid: 628) }
    /// `cidr`.
    @inlinable public static var cidr: PGType { PGType(oid: 650) }
    /// `real`.
    @inlinable public static var float4: PGType { PGType(oid: 700) }
    /// `double precision`.
    @inlinable public static var float8: PGType { PGType(oid: 701) }
    /// `unknown`.
    @inlinable public static var unknown: PGType { PGType(oid: 705) }
    /// `circle`.
    @inlinable public static var circle: PGType { PGType(oid: 718) }
    /// `macaddr8`.
    @inlinable public static var macaddr8: PGType { PGType(oid: 774) }
    /// `money`.
    @inlinable public static var money: PGType { PGType(oid: 790) }
    /// `macaddr`.
    @inlinable public static var macaddr: PGType { PGType(oid: 829) }
    /// `inet`.
    @inlinable public static var inet: PGType { PGType(oid: 869) }
    /// `aclitem`.
    @inlinable public static var aclitem: PGType { PGType(oid: 1033) }
    /// `character`.
    @inlinable public static var bpchar: PGType { PGType(oid: 1042) }
    /// `character varying`.
    @inlinable public static var varchar: PGType { PGType(oid: 1043) }
    /// `date`.
    @inlinable public static var date: PGType { PGType(oid: 1082) }
    /// `time without time zone`.
    @inlinable public static var time: PGType { PGType(oid: 1083) }
    /// `timestamp without time zone`.
    @inlinable public static var timestamp: PGType { PGType(oid: 1114) }
    /// `timestamp with time zone`.
    @inlinable public static var timestamptz: PGType { PGType(oid: 1184) }
    /// `interval`.
    @inlinable public static var interval: PGType { PGType(oid: 1186) }
    /// `time with time zone`.
    @inlinable public static var timetz: PGType { PGType(oid: 1266) }
    /// `bit`.
    @inlinable public static var bit: PGType { PGType(oid: 1560) }
    /// `bit varying`.
    @inlinable public static var varbit: PGType { PGType(oid: 1562) }
    /// `numeric`.
    @inlinable public static var numeric: PGType { PGType(oid: 1700) }
    /// `refcursor`.
    @inlinable public static var refcursor: PGType { PGType(oid: 1790) }
    /// `regprocedure`.
    @inlinable public static var regprocedure: PGType { PGType(oid: 2202) }
    /// `regoper`.
    @inlinable public static var regoper: PGType { PGType(oid: 2203) }
    /// `regoperator`.
    @inlinable public static var regoperator: PGType { PGType(oid: 2204) }
    /// `regclass`.
    @inlinable public static var regclass: PGType { PGType(oid: 2205) }
    /// `regtype`.
    @inlinable public static var regtype: PGType { PGType(oid: 2206) }
    /// `record`.
    @inlinable public static var record: PGType { PGType(oid: 2249) }
    /// `cstring`.
    @inlinable public static var cstring: PGType { PGType(oid: 2275) }
    /// `void`.
    @inlinable public static var void: PGType { PGType(oid: 2278) }
    /// `uuid`.
    @inlinable public static var uuid: PGType { PGType(oid: 2950) }
    /// `txid_snapshot`.
    @inlinable public static var txidSnapshot: PGType { PGType(oid: 2970) }
    /// `pg_lsn`.
    @inlinable public static var pgLsn: PGType { PGType(oid: 3220) }
    /// `pg_ndistinct`.
    @inlinable public static var pgNdistinct: PGType { PGType(oid: 3361) }
    /// `pg_dependencies`.
    @inlinable public static var pgDependencies: PGType { PGType(oid: 3402) }
    /// `tsvector`.
    @inlinable public static var tsvector: PGType { PGType(oid: 3614) }
    /// `tsquery`.
    @inlinable public static var tsquery: PGType { PGType(oid: 3615) }
    /// `gtsvector`.
    @inlinable public static var gtsvector: PGType { PGType(oid: 3642) }
    /// `regconfig`.
    @inlinable public static var regconfig: PGType { PGType(oid: 3734) }
    /// `regdictionary`.
    @inlinable public static var regdictionary: PGType { PGType(oid: 3769) }
    /// `jsonb`.
    @inlinable public static var jsonb: PGType { PGType(oid: 3802) }
    /// `int4range`.
    @inlinable public static var int4range: PGType { PGType(oid: 3904) }
    /// `numrange`.
    @inlinable public static var numrange: PGType { PGType(oid: 3906) }
    /// `tsrange`.
    @inlinable public static var tsrange: PGType { PGType(oid: 3908) }
    /// `tstzrange`.
    @inlinable public static var tstzrange: PGType { PGType(oid: 3910) }
    /// `daterange`.
    @inlinable public static var daterange: PGType { PGType(oid: 3912) }
    /// `int8range`.
    @inlinable public static var int8range: PGType { PGType(oid: 3926) }
    /// `jsonpath`.
    @inlinable public static var jsonpath: PGType { PGType(oid: 4072) }
    /// `regnamespace`.
    @inlinable public static var regnamespace: PGType { PGType(oid: 4089) }
    /// `regrole`.
    @inlinable public static var regrole: PGType { PGType(oid: 4096) }
    /// `regcollation`.
    @inlinable public static var regcollation: PGType { PGType(oid: 4191) }
    /// `int4multirange`.
    @inlinable public static var int4multirange: PGType { PGType(oid: 4451) }
    /// `nummultirange`.
    @inlinable public static var nummultirange: PGType { PGType(oid: 4532) }
    /// `tsmultirange`.
    @inlinable public static var tsmultirange: PGType { PGType(oid: 4533) }
    /// `tstzmultirange`.
    @inlinable public static var tstzmultirange: PGType { PGType(oid: 4534) }
    /// `datemultirange`.
    @inlinable public static var datemultirange: PGType { PGType(oid: 4535) }
    /// `int8multirange`.
    @inlinable public static var int8multirange: PGType { PGType(oid: 4536) }
    /// `pg_brin_bloom_summary`.
    @inlinable public static var pgBrinBloomSummary: PGType { PGType(oid: 4600) }
    /// `pg_brin_minmax_multi_summary`.
    @inlinable public static var pgBrinMinmaxMultiSummary: PGType { PGType(oid: 4601) }
    /// `pg_mcv_list`.
    @inlinable public static var pgMcvList: PGType { PGType(oid: 5017) }
    /// `pg_snapshot`.
    @inlinable public static var pgSnapshot: PGType { PGType(oid: 5038) }
    /// `xid8`.
    @inlinable public static var xid8: PGType { PGType(oid: 5069) }
}
