/// Timers by the time they are due: a binary heap whose members know their place, so that a timer
/// which is taken back leaves at once (a statement's deadline is nearly always taken back).
struct TimerHeap {
    private var heap: [PGEventLoop.Timer] = []

    var isEmpty: Bool { heap.isEmpty }
    var nextDue: Int64? { heap.first?.due }

    mutating func insert(_ timer: PGEventLoop.Timer) {
        timer.index = heap.count
        heap.append(timer)
        rise(timer.index)
    }

    /// Takes a timer out; harmless when it is not in.
    mutating func remove(_ timer: PGEventLoop.Timer) {
        let index = timer.index
        guard index >= 0 else { return }
        let last = heap.removeLast()
        timer.index = -1
        guard last !== timer else { return }
        heap[index] = last
        last.index = index
        rise(index)
        sink(index)
    }

    /// The next timer that is due, taken out.
    mutating func popDue(at now: Int64) -> PGEventLoop.Timer? {
        guard let first = heap.first, first.due <= now else { return nil }
        remove(first)
        return first
    }

    private mutating func rise(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].due < heap[parent].due else { return }
            exchange(child, parent)
            child = parent
        }
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { return }
            if child + 1 < heap.count, heap[child + 1].due < heap[child].due { child += 1 }
            guard heap[child].due < heap[parent].due else { return }
            exchange(child, parent)
            parent = child
        }
    }

    private mutating func exchange(_ a: Int, _ b: Int) {
        heap.swapAt(a, b)
        heap[a].index = a
        heap[b].index = b
    }
}
