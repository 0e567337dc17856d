/// The arrays of the built-in types, named after their elements.
extension PGType {
    /// `xml[]`.
    @inlinable public static var xmlArray: PGType { PGType(oid: 143) }
    /// `json[]`.
    @inlinable public static var jsonArray: PGType { PGType(oid: 199) }
    /// `xid8[]`.
    @inlinable public static var xid8Array: PGType { PGType(oid: 271) }
    /// `line[]`.
    @inlinable public static var lineArray: PGType { PGType(oid: 629) }
    /// `cidr[]`.
    @inlinable public static var cidrArray: PGType { PGType(oid: 651) }
    /// `circle[]`.
    @inlinable public static var circleArray: PGType { PGType(oid: 719) }
    /// `macaddr8[]`.
    @inlinable public static var macaddr8Array: PGType { PGType(oid: 775) }
    /// `money[]`.
    @inlinable public static var moneyArray: PGType { PGType(oid: 791) }
    /// `boolean[]`.
    @inlinable public static var boolArray: PGType { PGType(oid: 1000) }
    /// `bytea[]`.
    @inlinable public static var byteaArray: PGType { PGType(oid: 1001) }
    /// `"char"[]`.
    @inlinable public static var charArray: PGType { PGType(oid: 1002) }
    /// `name[]`.
    @inlinable public static var nameArray: PGType { PGType(oid: 1003) }
    /// `smallint[]`.
    @inlinable public static var int2Array: PGType { PGType(oid: 1005) }
    /// `int2vector[]`.
    @inlinable public static var int2vectorArray: PGType { PGType(oid: 1006) }
    /// `integer[]`.
    @inlinable public static var int4Array: PGType { PGType(oid: 1007) }
    /// `regproc[]`.
    @inlinable public static var regprocArray: PGType { PGType(oid: 1008) }
    /// `text[]`.
    @inlinable public static var textArray: PGType { PGType(oid: 1009) }
    /// `tid[]`.
    @inlinable public static var tidArray: PGType { PGType(oid: 1010) }
    /// `xid[]`.
    @inlinable public static var xidArray: PGType { PGType(oid: 1011) }
    /// `cid[]`.
    @inlinable public static var cidArray: PGType { PGType(oid: 1012) }
    /// `oidvector[]`.
    @inlinable public static var oidvectorArray: PGType { PGType(oid: 1013) }
    /// `character[]`.
    @inlinable public static var bpcharArray: PGType { PGType(oid: 1014) }
    /// `character varying[]`.
    @inlinable public static var varcharArray: PGType { PGType(oid: 1015) }
    /// `bigint[]`.
    @inlinable public static var int8Array: PGType { PGType(oid: 1016) }
    /// `point[]`.
    @inlinable public static var pointArray: PGType { PGType(oid: 1017) }
    /// `lseg[]`.
    @inlinable public static var lsegArray: PGType { PGType(oid: 1018) }
    /// `path[]`.
    @inlinable public static var pathArray: PGType { PGType(oid: 1019) }
    /// `box[]`.
    @inlinable public static var boxArray: PGType { PGType(oid: 1020) }
    /// `real[]`.
    @inlinable public static var float4Array: PGType { PGType(oid: 1021) }
    /// `double precision[]`.
    @inlinable public static var float8Array: PGType { PGType(oid: 1022) }
    /// `polygon[]`.
    @inlinable public static var polygonArray: PGType { PGType(oid: 1027) }
    /// `oid[]`.
    @inlinable public static var oidArray: PGType { PGType(oid: 1028) }
    /// `aclitem[]`.
    @inlinable public static var aclitemArray: PGType { PGType(oid: 1034) }
    /// `macaddr[]`.
    @inlinable public static var macaddrArray: PGType { PGType(oid: 1040) }
    /// `inet[]`.
    @inlinable public static var inetArray: PGType { PGType(oid: 1041) }
    /// `timestamp without time zone[]`.
    @inlinable public static var timestampArray: PGType { PGType(oid: 1115) }
    /// `date[]`.
    @inlinable public static var dateArray: PGType { PGType(oid: 1182) }
    /// `time without time zone[]`.
    @inlinable public static var timeArray: PGType { PGType(oid: 1183) }
    /// `timestamp with time zone[]`.
    @inlinable public static var timestamptzArray: PGType { PGType(oid: 1185) }
    /// `interval[]`.
    @inlinable public static var intervalArray: PGType { PGType(oid: 1187) }
    /// `numeric[]`.
    @inlinable public static var numericArray: PGType { PGType(oid: 1231) }
    /// `cstring[]`.
    @inlinable public static var cstringArray: PGType { PGType(oid: 1263) }
    /// `time with time zone[]`.
    @inlinable public static var timetzArray: PGType { PGType(oid: 1270) }
    /// `bit[]`.
    @inlinable public static var bitArray: PGType { PGType(oid: 1561) }
    /// `bit varying[]`.
    @inlinable public static var varbitArray: PGType { PGType(oid: 1563) }
    /// `refcursor[]`.
    @inlinable public static var refcursorArray: PGType { PGType(oid: 2201) }
    /// `regprocedure[]`.
    @inlinable public static var regprocedureArray: PGType { PGType(oid: 2207) }
    /// `regoper[]`.
    @inlinable public static var regoperArray: PGType { PGType(oid: 2208) }
    /// `regoperator[]`.
    @inlinable public static var regoperatorArray: PGType { PGType(oid: 2209) }
    /// `regclass[]`.
    @inlinable public static var regclassArray: PGType { PGType(oid: 2210) }
    /// `regtype[]`.
    @inlinable public static var regtypeArray: PGType { PGType(oid: 2211) }
    /// `record[]`.
    @inlinable public static var recordArray: PGType { PGType(oid: 2287) }
    /// `txid_snapshot[]`.
    @inlinable public static var txidSnapshotArray: PGType { PGType(oid: 2949) }
    /// `uuid[]`.
    @inlinable public static var uuidArray: PGType { PGType(oid: 2951) }
    /// `pg_lsn[]`.
    @inlinable public static var pgLsnArray: PGType { PGType(oid: 3221) }
    /// `tsvector[]`.
    @inlinable public static var tsvectorArray: PGType { PGType(oid: 3643) }
    /// `gtsvector[]`.
    @inlinable public static var gtsvectorArray: PGType { PGType(oid: 3644) }
    /// `tsquery[]`.
    @inlinable public static var tsqueryArray: PGType { PGType(oid: 3645) }
    /// `regconfig[]`.
    @inlinable public static var regconfigArray: PGType { PGType(oid: 3735) }
    /// `regdictionary[]`.
    @inlinable public static var regdictionaryArray: PGType { PGType(oid: 3770) }
    /// `jsonb[]`.
    @inlinable public static var jsonbArray: PGType { PGType(oid: 3807) }
    /// `int4range[]`.
    @inlinable public static var int4rangeArray: PGType { PGType(oid: 3905) }
    /// `numrange[]`.
    @inlinable public static var numrangeArray: PGType { PGType(oid: 3907) }
    /// `tsrange[]`.
    @inlinable public static var tsrangeArray: PGType { PGType(oid: 3909) }
    /// `tstzrange[]`.
    @inlinable public static var tstzrangeArray: PGType { PGType(oid: 3911) }
    /// `daterange[]`.
    @inlinable public static var daterangeArray: PGType { PGType(oid: 3913) }
    /// `int8range[]`.
    @inlinable public static var int8rangeArray: PGType { PGType(oid: 3927) }
    /// `jsonpath[]`.
    @inlinable public static var jsonpathArray: PGType { PGType(oid: 4073) }
    /// `regnamespace[]`.
    @inlinable public static var regnamespaceArray: PGType { PGType(oid: 4090) }
    /// `regrole[]`.
    @inlinable public static var regroleArray: PGType { PGType(oid: 4097) }
    /// `regcollation[]`.
    @inlinable public static var regcollationArray: PGType { PGType(oid: 4192) }
    /// `pg_snapshot[]`.
    @inlinable public static var pgSnapshotArray: PGType { PGType(oid: 5039) }
    /// `int4multirange[]`.
    @inlinable public static var int4multirangeArray: PGType { PGType(oid: 6150) }
    /// `nummultirange[]`.
    @inlinable public static var nummultirangeArray: PGType { PGType(oid: 6151) }
    /// `tsmultirange[]`.
    @inlinable public static var tsmultirangeArray: PGType { PGType(oid: 6152) }
    /// `tstzmultirange[]`.
    @inlinable public static var tstzmultirangeArray: PGType { PGType(oid: 6153) }
    /// `datemultirange[]`.
    @inlinable public static var datemultirangeArray: PGType { PGType(oid: 6155) }
    /// `int8multirange[]`.
    @inlinable public static var int8multirangeArray: PGType { PGType(oid: 6157) }
}
