/// An object that one statement makes and that is otherwise made anew when it changes.
package struct PlainObject: Codable, Sendable, Hashable {
    /// Which sort of object it is; the raw value is what catalog queries say.
    package enum Kind: String, Codable, Sendable, Hashable, CaseIterable {
        case range, collation, dictionary, configuration, `operator`, cast, conversion

        /// The words of CREATE, ALTER and DROP.
        package var words: String {
            switch self {
            case .range: "TYPE"
            case .collation: "COLLATION"
            case .dictionary: "TEXT SEARCH DICTIONARY"
            case .configuration: "TEXT SEARCH CONFIGURATION"
            case .operator: "OPERATOR"
            case .cast: "CAST"
            case .conversion: "CONVERSION"
            }
        }

        /// The catalog that its oid belongs to.
        package var catalog: SchemaSnapshot.ObjectID.Catalog {
            switch self {
            case .range: .type
            case .collation: .collation
            case .dictionary: .dictionary
            case .configuration: .configuration
            case .operator: .operator
            case .cast: .cast
            case .conversion: .conversion
            }
        }

        /// The manual's name of the kind.
        package var name: String { self == .range ? "range type" : words.lowercased() }
    }

    /// Which sort of object it is.
    package var kind: Kind
    /// Its oid.
    package var oid: UInt32
    /// Its name; of a cast `(source AS target)`, with a schema that one of the types is in.
    package var name: TableName
    /// What tells objects of one name apart, as DROP takes it: the types of an operator.
    ///
    /// Of a conversion it is `DEFAULT ` where it is the default.
    package var arguments: String = ""
    /// What CREATE says after the name, one option each, in SQL.
    package var options: [String] = []
    /// What ALTER changes in place: options of a dictionary, mappings of a configuration.
    package var parts: [String] = []
    /// The operators that CREATE OPERATOR names, as `COMMUTATOR` and `NEGATOR`.
    package var links: [String: TableName] = [:]
    /// The name of a range's multirange type (≥ 14).
    package var multirange: TableName?

    /// Its address.
    package var id: SchemaSnapshot.ObjectID { .init(catalog: kind.catalog, oid: oid) }
}

extension PlainObject {
    /// The options of a dictionary, as pg_ts_dict keeps them: `name = value, …`, where a value is a
    /// number or a quoted text, and a name may be quoted.
    static func dictionaryOptions(_ text: String) -> [String] {
        var options: [String] = []
        var option = ""
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                isEscaped = false
            } else if let open = quote {
                if character == "\\", open == "'" { isEscaped = true }
                if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if character == "," {
                options.append(option)
                option = ""
                continue
            }
            if !option.isEmpty || character != " " { option.append(character) }
        }
        if !option.isEmpty { options.append(option) }
        return options
    }

    /// The name of an option or the token of a mapping: what stands before the separator.
    static func key(_ part: String, kind: Kind) -> String {
        let separator = kind == .configuration ? " WITH " : " = "
        var rest = part[...]
        var key = ""
        while !rest.isEmpty, !rest.hasPrefix(separator) { key.append(rest.removeFirst()) }
        return key
    }
}

/// Extended statistics.
package struct StatisticsObject: Codable, Sendable, Hashable {
    /// `pg_statistic_ext.oid`.
    package var oid: UInt32
    /// Its name.
    package var name: TableName
    /// The oid of its table.
    package var table: UInt32
    /// `pg_get_statisticsobjdef` behind the name.
    package var definition: String
    /// The statistics target; -1 for the default.
    package var target: Int
    /// Whether it is over expressions (≥ 14).
    package var hasExpressions: Bool

    /// Its address.
    package var id: SchemaSnapshot.ObjectID { .init(catalog: .statistics, oid: oid) }
}
