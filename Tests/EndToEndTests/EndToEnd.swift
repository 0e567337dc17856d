import Testing

/// Everything that runs real daemons: one at a time, since each wants both cores.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct EndToEnd {}
