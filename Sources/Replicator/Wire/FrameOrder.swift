/// Which frame may follow which: header, tables and sequences in any number, end.
///
/// A value without I/O: each frame is shown to `accept` before anything is done with it.
package struct FrameOrder: Sendable, Hashable {
    /// What was seen so far.
    package enum State: Sendable, Hashable {
        /// Nothing.
        case beginning
        /// The header, and whole tables.
        case betweenTables
        /// A table's start and maybe rows.
        case insideTable
        /// The last frame.
        case ended
    }

    /// What was seen so far.
    package private(set) var state: State = .beginning

    /// Nothing was seen.
    package init() {}

    /// Takes the next frame.
    ///
    /// - Throws: `WireError.unexpected`; the state is unchanged then.
    package mutating func accept(_ kind: FrameCodec.Kind) throws(WireError) {
        switch (state, kind) {
        case (.beginning, .header): state = .betweenTables
        case (.betweenTables, .tableStart): state = .insideTable
        case (.betweenTables, .sequences): break
        case (.betweenTables, .end): state = .ended
        case (.insideTable, .rows): break
        case (.insideTable, .tableEnd): state = .betweenTables
        case (.beginning, _), (.betweenTables, _), (.insideTable, _), (.ended, _):
            throw .unexpected("\(kind)", after: "\(state)")
        }
    }
}
