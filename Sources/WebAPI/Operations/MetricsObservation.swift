extension Metrics {
    /// Counts a request that ``AccessLayer`` told of.
    public func observe(_ request: RequestRecord) {
        // What a client makes up is no name of anything.
        let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(request.method)
        count(route: request.route ?? "other", method: known ? request.method : "other", status: request.status, seconds: request.seconds)
    }
}
