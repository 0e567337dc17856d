/// An object of pg_class or pg_type that may have got another name or schema.
struct RelationName {
    var oid: UInt32
    var old: TableName
    var new: TableName
}

/// A rename or move on the target, with the word of its ALTER.
struct RelationRename: Hashable {
    var oid: UInt32
    var kind: String
    var old: TableName
    var new: TableName

    var effect: SchemaEffect {
        switch kind {
        case "INDEX": .options
        case "TYPE", "DOMAIN": .alterOther
        default: .alterTable
        }
    }
}

extension SchemaDiff {
    /// Notes the moves and renames of relations or types of one kind.
    mutating func rename(_ names: [RelationName], _ kind: String) {
        for name in names {
            var old = text.mapping.target(name.old)
            let new = text.mapping.target(name.new)
            // An index is where its table is.
            if kind == "INDEX" { old = TableName(schema: new.schema, name: old.name) }
            if old != new {
                renames.append(RelationRename(oid: name.oid, kind: kind, old: old, new: new))
            }
        }
    }

    /// Orders all renames and moves: tables, views, indexes, sequences and types share their names.
    mutating func placeRenames() {
        for step in Self.steps(renames) {
            let word = step.kind.lowercased()
            if step.old.schema != step.new.schema {
                add(
                    .move, "move \(word) \(step.old) to \(step.new.schema)",
                    "ALTER \(step.kind) \(step.old.quoted) SET SCHEMA "
                        + text.quoted(step.new.schema), effect: step.effect)
            } else {
                add(
                    .move, "rename \(word) \(step.old.name) to \(step.new.name)",
                    "ALTER \(step.kind) \(step.old.quoted) RENAME TO \(text.quoted(step.new.name))",
                    effect: step.effect)
            }
        }
    }

    /// Renames and moves one at a time; where a name on the way is still taken (a swap, a chain) it
    /// goes through a temporary one.
    static func steps(_ renames: [RelationRename]) -> [RelationRename] {
        let taken = Set(renames.map(\.old))
        // First, so that what moves along with something else is where it is looked for.
        var moves: [RelationRename] = []
        var aside: [RelationRename] = []
        var direct: [RelationRename] = []
        var last: [RelationRename] = []
        for rename in renames {
            var place = rename.old
            let leavesSchema = rename.old.schema != rename.new.schema
            func go(to next: TableName, in steps: inout [RelationRename]) {
                guard next != place else { return }
                var step = rename
                (step.old, step.new) = (place, next)
                steps.append(step)
                place = next
            }
            let moved = TableName(schema: rename.new.schema, name: rename.old.name)
            let isInTheWay = taken.contains(rename.new) || (leavesSchema && taken.contains(moved))
            if isInTheWay {
                let temporary = "teleport_rename_\(rename.oid)"
                go(to: TableName(schema: rename.old.schema, name: temporary), in: &aside)
                go(to: TableName(schema: rename.new.schema, name: temporary), in: &aside)
                go(to: rename.new, in: &last)
            } else {
                if leavesSchema { go(to: moved, in: &moves) }
                go(to: rename.new, in: &direct)
            }
        }
        return moves + aside + direct + last
    }
}
