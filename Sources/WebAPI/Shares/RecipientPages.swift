public import HTTPServer
internal import Ledger
internal import Sharing

/// The pages that recipients see: whole without scripts, on any telephone.
public struct RecipientPages: Sendable {
    private let assets: String?
    private let resumeSeconds: Double

    /// - Parameters:
    ///   - assets: where the style sheets and the icon are, such as `/assets/0123`; nil for nowhere.
    ///   - resume: how long a download that was begun may be finished after its share has ended.
    public init(assets: String?, resume: Duration) { (self.assets, resumeSeconds) = (assets, resume / .seconds(1)) }

    /// Where they are, below the server's root.
    static let root = "s"

    // MARK: A share

    /// What a share's page shows.
    struct Sheet {
        var offer: ShareOffer
        /// `/s/…`, whose secret is the recipient's own.
        var path: String
        /// The address of the download, for programs.
        var link: String?
        /// Whether the recipient was let in, so that the download is a link; else it is a form.
        var isAdmitted: Bool
        /// Whether only a download that was begun before can be finished.
        var isOver = false
        var notice: HTML?
        var now: Double
    }

    func share(_ page: Sheet, in language: RecipientLanguage, status: HTTPStatus = .ok) -> Response {
        let (texts, offer) = (language.texts, page.offer)
        let isOpen = page.isAdmitted || !offer.share.hasPassword
        let body: HTML = """
            <main>
            <p class="brand">Fileroom</p>
            <h1>\(texts.title)</h1>
            <p class="lead">\(lead(offer.share, texts))</p>
            \(page.notice.map { "<p class=\"notice\" role=\"alert\" id=\"problem\">\($0)</p>\n" })\
            \(page.isOver ? "<p class=\"notice\">\(texts.over)</p>\n" : nil)\
            \(isOpen ? missing(offer, texts) : nil)\
            <dl class="facts">\(facts(page, texts))</dl>
            \(isOpen ? patients(offer, texts) : nil)\
            \(isOpen ? note(offer.share) : nil)\
            \(page.isAdmitted ? link(page, texts) : form(page, texts))
            \(help(page, texts))
            </main>
            """
        return document(texts.title, body, language, status)
    }

    private func lead(_ share: Share, _ texts: RecipientTexts) -> HTML {
        let (summary, language) = (share.summary, texts.language)
        func count(_ number: Int, _ name: (one: String, many: String)) -> String { language.count(number, name.one, name.many) }
        let files = count(summary.instances, texts.file)
        let what = summary.studies > 0 && share.kind != .series ? count(summary.studies, texts.study) : count(summary.series, texts.series)
        // Neither the command line nor a program is anybody to a recipient.
        let isPerson = share.createdBy != AuditOrigin.local.actor && !share.createdBy.hasPrefix("key:")
        return texts.shares(isPerson ? "<bdi>\(share.createdBy)</bdi>" : nil, what, files)
    }

    private func facts(_ page: Sheet, _ texts: RecipientTexts) -> [HTML] {
        let (share, language) = (page.offer.share, texts.language)
        let until = page.isOver ? share.resumableUntil : share.expiresAt
        var facts: [(String, String)] = [
            (texts.size, language.size(share.summary.bytes)),
            (texts.until, "\(language.time(until)) (\(texts.remaining(language.duration(until - page.now))))"),
        ]
        if !share.summary.modalities.isEmpty { facts.append((texts.modalities, share.summary.modalities.joined(separator: ", "))) }
        if let left = page.offer.downloadsLeft, !page.isOver { facts.append((texts.downloadsLeft, String(left))) }
        return facts.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" }
    }

    private func missing(_ offer: ShareOffer, _ texts: RecipientTexts) -> HTML? {
        guard let missing = offer.missingInstances, missing > 0 else { return nil }
        return "<p class=\"notice\">\(texts.missing(texts.language.count(missing, texts.file.one, texts.file.many)))</p>\n"
    }

    private func patients(_ offer: ShareOffer, _ texts: RecipientTexts) -> HTML? {
        guard let studies = offer.studies, !studies.isEmpty else { return nil }
        let items = studies.map { study -> HTML in
            let name = RecipientName.shown(study.patientName)
            let birth = study.patientBirthDate.flatMap { texts.language.day($0) }.map { "\(texts.born) \($0)" }
            let patient = [name, birth, study.patientID].compactMap { $0 }.joined(separator: ", ")
            let date = study.studyDate.flatMap { texts.language.day($0) }
            let kind = [date, study.studyDescription, study.modalities.joined(separator: ", ")].compactMap { $0 }.filter { !$0.isEmpty }
            return "<li><strong><bdi>\(patient)</bdi></strong><br><bdi>\(kind.joined(separator: " · "))</bdi></li>"
        }
        return "<section class=\"patients\"><h2>\(texts.patient)</h2><ul>\(items)</ul></section>\n"
    }

    private func note(_ share: Share) -> HTML? {
        guard !share.note.isEmpty else { return nil }
        let lines = share.note.split(whereSeparator: \.isNewline).map { "<p>\(String($0))</p>" as HTML }
        return "<blockquote class=\"note\" dir=\"auto\">\(lines)</blockquote>\n"
    }

    private func form(_ page: Sheet, _ texts: RecipientTexts) -> HTML {
        let hasPassword = page.offer.share.hasPassword
        // Read out with the field: what was wrong, or where the password came from.
        let problem: HTML = page.notice == nil ? "aria-describedby=\"hint\"" : "aria-invalid=\"true\" aria-describedby=\"problem\""
        let field: HTML = """
            <label for="password">\(texts.password)</label>
            <input id="password" name="password" type="password" autocomplete="off" maxlength="256" required \(problem)>
            <p id="hint">\(texts.passwordHint)</p>

            """
        return """
            <form class="open" method="post" action="\(page.path)/unlock">
            \(hasPassword ? field : nil)\
            <button type="submit">\(hasPassword ? texts.open : texts.download)</button>
            </form>
            """
    }

    private func link(_ page: Sheet, _ texts: RecipientTexts) -> HTML {
        "<p class=\"open\"><a class=\"button\" href=\"\(page.path)/download\">\(page.isOver ? texts.goOn : texts.download)</a></p>"
    }

    private func help(_ page: Sheet, _ texts: RecipientTexts) -> HTML {
        let answers = texts.howToOpen.answers.map { "<p>\($0)</p>" as HTML }
        let command = page.link.map { link -> HTML in
            let password = page.offer.share.hasPassword ? " -u :\(texts.password.uppercased())" : ""
            let line = "curl -C -\(password) -o images.zip '\(link)'"
            return "<details><summary>\(texts.forPrograms)</summary><pre><code>\(line)</code></pre></details>\n"
        }
        return """
            <section class="help">
            <details><summary>\(texts.howToOpen.question)</summary>\(answers)</details>
            <details><summary>\(texts.whenItBreaks.question)</summary><p>\(texts.whenItBreaks.answer(texts.language.duration(resumeSeconds)))</p></details>
            \(command)\
            <p class="privacy">\(texts.privacy)</p>
            </section>
            """
    }

    // MARK: What is no share

    /// A problem at an address of recipients, as a page; nil at any other. The same bytes for every link that does not work, whatever the reason.
    public func show(_ problem: Problem, to request: Request) -> Response? {
        guard request.segments.first == Self.root else { return nil }
        let language = RecipientLanguage(acceptedBy: request)
        let texts = language.texts
        let (title, text) = problem.status == .notFound ? texts.noLink : (texts.failed, Self.text(problem, texts))
        let body: HTML = "<main class=\"plain\">\n<p class=\"brand\">Fileroom</p>\n<h1>\(title)</h1>\n<p>\(text)</p>\n</main>"
        var response = document(title, body, language, problem.status)
        for field in problem.headers.fields { response.headers.append(field.name, field.value) }
        return response
    }

    private static func text(_ problem: Problem, _ texts: RecipientTexts) -> String {
        let wait = problem.headers["Retry-After"].flatMap { Double($0) }.map(texts.language.duration)
        return switch (problem.code, problem.status) {
        case ("INCOMPLETE", _): texts.incomplete
        case ("WITHHELD", _): texts.withheld
        case ("SOURCE_UNAVAILABLE", _): texts.storageAway
        case ("TOO_MANY_DOWNLOADS", _): texts.busy(wait ?? texts.language.duration(60))
        case ("TOO_MANY_FAILURES", _): texts.waitForPassword(wait ?? texts.language.duration(60))
        case ("SHARE_LOCKED", _): texts.locked
        case (_, .tooManyRequests): texts.tooMany(wait ?? texts.language.duration(60))
        case (_, .unauthorized): texts.passwordNeeded
        case (_, .serviceUnavailable), (_, .internalServerError), (_, .insufficientStorage):
            wait.map(texts.tryAgain).map { "\(texts.serverFailed) \($0)" } ?? texts.serverFailed
        default: texts.badRequest
        }
    }

    // MARK: The frame

    private func document(_ title: String, _ body: HTML, _ language: RecipientLanguage, _ status: HTTPStatus) -> Response {
        let files = assets.map { assets -> HTML in
            """
            <link rel="icon" href="\(assets)/icon.svg" type="image/svg+xml">
            <link rel="stylesheet" href="\(assets)/css/tokens.css">
            <link rel="stylesheet" href="\(assets)/css/recipient.css">

            """
        }
        let page: HTML = """
            <!doctype html>
            <html lang="\(language.rawValue)">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="robots" content="noindex, nofollow">
            <meta name="referrer" content="no-referrer">
            <title>\(title)</title>
            \(files)\
            </head>
            <body>
            \(body)
            </body>
            </html>

            """
        var response = Response(status, contentType: Operation.Answer.pageType, bytes: page.bytes)
        response.headers["Content-Security-Policy"] = Self.policy
        response.headers["Content-Language"] = language.rawValue
        response.headers["Vary"] = "Accept-Language, Cookie"
        Self.hide(&response)
        return response
    }

    /// Keeps an answer out of caches and search engines.
    static func hide(_ response: inout Response) {
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    }

    private static let policy = """
        default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'
        """
}
