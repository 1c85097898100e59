import SMBWire

/// What a worker answered to one batch.
struct BatchAnswer: Sendable {
    var replies: [HeaderReply] = []
    var trouble: Trouble?
    /// The file that the worker was at when it was lost.
    var lastIndex: Int?
}

/// A batch of header reads through its rounds: what is answered, what is tried again, and which file is to blame when a worker dies.
struct HeaderRounds {
    enum Step {
        case again
        /// Wait, longer the higher the attempt, and try again.
        case wait(attempt: Int)
        /// It fails again and again: is it the source, or only this file? To be answered with ``blame(_:)``.
        case suspectSource(SourceError, id: Int64)
    }

    private(set) var results: [HeaderResult] = []
    /// What the next round asks for.
    private(set) var pending: [HeaderRequest]
    private let attempts: Int
    private var tries: [Int64: Int] = [:]
    private var suspicion: [Int64: Int] = [:]
    private var later: [HeaderRequest] = []
    private var fruitless = 0

    init(_ requests: [HeaderRequest], attempts: Int) {
        pending = requests
        self.attempts = attempts
        results.reserveCapacity(requests.count)
    }

    /// Takes a round's answer.
    /// - Throws: the error that ends the whole batch.
    mutating func take(_ answer: BatchAnswer) throws(SourceError) -> Step {
        let asked = pending
        pending = []
        later = []
        var isAnswered = [Bool](repeating: false, count: asked.count)
        for reply in answer.replies {
            let index = Int(reply.index)
            // A worker that answers what was not asked, or twice, is not believed.
            guard index < asked.count, !isAnswered[index] else { continue }
            isAnswered[index] = true
            accept(reply, asked[index])
        }
        pending = zip(asked, isAnswered).filter { !$0.1 }.map(\.0)
        fruitless = answer.replies.isEmpty ? fruitless + 1 : 0
        let culprit = answer.lastIndex.flatMap { $0 < asked.count && !isAnswered[$0] ? asked[$0].id : nil }
        return try next(after: answer.trouble, culprit: culprit ?? pending.first?.id)
    }

    /// The file fails, and the source does not: the others go on without it.
    mutating func blame(_ id: Int64, _ error: SourceError) {
        guard let index = pending.firstIndex(where: { $0.id == id }) else { return }
        pending.remove(at: index)
        var error = error
        error.concernsSource = false
        finish(id, .failed(error))
    }

    private mutating func next(after trouble: Trouble?, culprit: Int64?) throws(SourceError) -> Step {
        switch trouble {
        case .source(let error): throw error
        case .failure(let failure):
            let error = SourceError(failure, .reading)
            if error.type == .authentication || (error.concernsSource && !error.isRetryable) { throw error }
            guard let culprit else { break }
            tries[culprit, default: 0] += 1
            let isStuck = fruitless > attempts || tries[culprit, default: 0] > attempts
            moveToEnd(culprit)
            guard isStuck else { return waiting(fruitless) }
            joinLater()
            return .suspectSource(error, id: culprit)
        case .lost(.notStarted):
            if fruitless > attempts { throw .workerNotStarted }
            return waiting(fruitless)
        case .lost(let loss):
            guard let culprit else { break }
            suspicion[culprit, default: 0] += 1
            if suspicion[culprit, default: 0] >= 2 { blame(culprit, SourceError(loss)) } else { moveToEnd(culprit) }
        case nil: break
        }
        if later.isEmpty { return .again }
        return waiting(later.compactMap { tries[$0.id] }.max() ?? 1)
    }

    private mutating func waiting(_ attempt: Int) -> Step {
        joinLater()
        return .wait(attempt: max(0, attempt - 1))
    }

    /// The files that failed for a moment join the others in the next round.
    private mutating func joinLater() {
        pending += later
        later = []
    }

    private mutating func accept(_ reply: HeaderReply, _ request: HeaderRequest) {
        switch reply.outcome {
        case .read(let outcome):
            finish(request.id, .read(outcome), bytesRead: Int(clamping: reply.bytesRead), headerEnd: Int(clamping: reply.headerEnd))
        case .failed(let failure):
            let error = SourceError(failure, .reading)
            if error.isRetryable, tries[request.id, default: 0] < attempts {
                tries[request.id, default: 0] += 1
                later.append(request)
            } else {
                finish(request.id, .failed(error), bytesRead: Int(clamping: reply.bytesRead))
            }
        }
    }

    private mutating func finish(_ id: Int64, _ outcome: HeaderResult.Outcome, bytesRead: Int = 0, headerEnd: Int = 0) {
        let retries = tries[id, default: 0] + suspicion[id, default: 0]
        results.append(HeaderResult(id: id, outcome: outcome, bytesRead: bytesRead, headerEnd: headerEnd, retries: retries))
    }

    private mutating func moveToEnd(_ id: Int64) {
        guard let index = pending.firstIndex(where: { $0.id == id }) else { return }
        pending.append(pending.remove(at: index))
    }
}
