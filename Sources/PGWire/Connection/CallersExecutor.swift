/// Hands a value on, on the caller's own executor.
///
/// Between two awaits that nothing separates, the first of an actor and the second of a caller's
/// closure, the compiler (6.3.1) leaves out the return from the actor's executor: the closure would
/// run on the loop's thread, and one that computes or blocks would hold up every connection there. A
/// plain call that cannot be inlined needs the executor, so the return stays.
@inline(never) func onCallersExecutor<T>(_ value: T) -> T { value }
