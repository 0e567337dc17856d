import FoundationEssentials
import PGWire

/// A row of a catalog query: values in text form, by place.
struct CatalogRow: Sendable {
    let values: [String?]

    func optional(_ place: Int) -> String? {
        values.indices.contains(place) ? values[place] : nil
    }

    /// The text; NULL means that the object went away while it was read.
    func text(_ place: Int) throws(SchemaError) -> String {
        guard let text = optional(place) else {
            throw SchemaError(.moved, "an object was dropped while the catalog was read")
        }
        return text
    }

    func number<T: FixedWidthInteger>(_ place: Int, as type: T.Type = T.self) throws(SchemaError)
        -> T
    {
        guard let number = T(try text(place)) else {
            throw SchemaError(
                .unexpected, "a number was expected in column \(place) of the catalog")
        }
        return number
    }

    func oid(_ place: Int) throws(SchemaError) -> UInt32 { try number(place) }

    func flag(_ place: Int) throws(SchemaError) -> Bool { try text(place) == "t" }

    /// A JSON array of texts.
    func list(_ place: Int) throws(SchemaError) -> [String] {
        do {
            return try JSONDecoder().decode([String].self, from: Data(try text(place).utf8))
        } catch let error as SchemaError {
            throw error
        } catch {
            throw SchemaError(.unexpected, "a list was expected in column \(place) of the catalog")
        }
    }

    /// A JSON array of oids as texts.
    func oids(_ place: Int) throws(SchemaError) -> [UInt32] {
        try list(place).map { text throws(SchemaError) in
            guard let oid = UInt32(text) else {
                throw SchemaError(
                    .unexpected, "an oid was expected in column \(place) of the catalog")
            }
            return oid
        }
    }

    func name(_ place: Int) throws(SchemaError) -> TableName {
        TableName(schema: try text(place), name: try text(place + 1))
    }
}

/// Where catalog queries are answered: a connection, or something else in tests.
protocol CatalogSource {
    func rows(_ sql: String) async throws -> [CatalogRow]
}

/// A connection with the caller's transaction open.
struct ConnectionCatalog: CatalogSource {
    let connection: PGConnection

    func rows(_ sql: String) async throws -> [CatalogRow] {
        let result: PGResult
        do {
            result = try await connection.query(sql: sql)
        } catch {
            if error.sqlState?.rawValue == "55P03" {
                throw SchemaError(
                    .moved, "a table was locked while the catalog was read: \(error.message)")
            }
            guard error.sqlState?.rawValue == "XX000" else { throw error }
            // "cache lookup failed": the functions that deparse see commits that the snapshot does
            // not, here the end of an object.
            throw SchemaError(.moved, "the catalog moved while it was read: \(error.message)")
        }
        return result.rows.map { row in
            CatalogRow(values: row.values.map { $0.map { String(decoding: $0, as: UTF8.self) } })
        }
    }
}
