internal import HTTPServer
internal import Ledger

/// The audit trail, for admins.
extension PeopleRoutes {
    var audit: APIRoute {
        let text = Schema.string(lengths: 1...100)
        return APIRoute(
            .get, "/api/audit", .admins,
            Operation(
                "listAudit", tag: "Audit", "The audit trail, newest first.",
                parameters: [
                    .query("actor", text, "Only of this user, or `key:` and a key's name; case makes no difference."),
                    .query("action", text, "Only this, such as `study.view`."),
                    .query("outcome", text, "Only with this outcome, such as `ok`."),
                    .query("from", PeopleSchemas.time, "Only from this time on."),
                    .query("to", PeopleSchemas.time, "Only before this time."),
                ] + PageParameters.parameters,
                answers: [.json(.ok, PageParameters.schema("entries", of: .reference("AuditEntry")), "A page.")])
        ) { request, _ in
            var before: Int64?
            if let cursor = request.pageCursor {
                guard let id = Int64(cursor), id > 0 else { throw PageParameters.badCursor }
                before = id
            }
            let filter = AuditFilter(
                actor: request.query["actor"], action: request.query["action"], outcome: request.query["outcome"],
                from: request.query["from"].flatMap(Timestamp.unixSeconds), to: request.query["to"].flatMap(Timestamp.unixSeconds),
                before: before)
            let limit = request.pageLimit
            let rows = try await ledger.auditRows(filter, limit: limit + 1)
            let cursor = rows.count > limit ? String(rows[limit - 1].id) : nil
            return .json(.ok, ["entries": .array(rows.prefix(limit).map { .of($0) }), "cursor": .string(cursor)])
        }
    }

    var verifyAudit: APIRoute {
        APIRoute(
            .get, "/api/audit/verify", .admins, rate: .export,
            Operation(
                "verifyAudit", tag: "Audit", "Computes the hash of every entry again and compares.",
                answers: [.json(.ok, .reference("AuditVerdict"), "What was found.")])
        ) { _, _ in
            let verdict = try await ledger.verifyAudit()
            return .json(
                .ok,
                [
                    "is_intact": .boolean(verdict.isIntact), "entries": .integer(verdict.entries),
                    "first_broken": .integer(verdict.firstBroken),
                ])
        }
    }

    var exportAudit: APIRoute {
        APIRoute(
            .get, "/api/audit/export", .admins, rate: .export, audit: .view("audit.export"),
            Operation(
                "exportAudit", tag: "Audit", "The whole audit trail, oldest first: a JSON object on each line, with the hashes.",
                answers: [.text(contentType: "application/jsonl", "The entries, with `time_ms`, `previous_hash` and `hash`.")])
        ) { [ledger] _, _ in
            var response = Response(
                body: .stream(length: nil) { writer in
                    var previous = AuditRow.beforeTheFirst
                    try await ledger.exportAudit { rows in
                        var lines: [UInt8] = []
                        for row in rows {
                            lines += JSON.exported(row, previous: previous).bytes + [UInt8(ascii: "\n")]
                            previous = row.hash
                        }
                        try await writer.write(lines)
                    }
                })
            response.headers["Content-Type"] = "application/jsonl"
            response.headers["Content-Disposition"] = "attachment; filename=\"fileroom-audit.jsonl\""
            response.headers["Cache-Control"] = "no-store"
            return response
        }
    }
}
