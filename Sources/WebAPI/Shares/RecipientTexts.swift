/// Every word that a recipient reads, in one language.
struct RecipientTexts: Sendable {
    let language: RecipientLanguage

    // MARK: The page of a share
    let title: String
    /// Nil for nobody who could be named.
    let shares: @Sendable (_ person: HTML?, _ what: String, _ files: String) -> HTML
    let study, series, file: (one: String, many: String)
    let size, modalities, until, downloadsLeft, patient, born: String
    let remaining: @Sendable (_ duration: String) -> String
    let password, passwordHint, open, download, goOn: String
    let missing: @Sendable (_ files: String) -> String
    let over, privacy: String

    // MARK: Help
    let howToOpen: (question: String, answers: [String])
    let whenItBreaks: (question: String, answer: @Sendable (_ resumable: String) -> String)
    let forPrograms: String

    // MARK: What went wrong
    let wrongPassword: String
    let waitForPassword: @Sendable (_ duration: String) -> String
    let locked: String
    let noLink: (title: String, text: String)
    let failed: String
    let tooMany: @Sendable (_ duration: String) -> String
    let busy: @Sendable (_ duration: String) -> String
    let incomplete, withheld, storageAway, badRequest, passwordNeeded, serverFailed: String
    let tryAgain: @Sendable (_ duration: String) -> String
}

extension RecipientLanguage {
    var texts: RecipientTexts {
        switch self {
        case .english: .english
        case .german: .german
        }
    }
}

extension RecipientTexts {
    static let english = RecipientTexts(
        language: .english,
        title: "Medical images for you",
        shares: { person, what, files in
            person.map { "<strong>\($0)</strong> shares \(what) with you: \(files)." } ?? "\(what) for you: \(files)."
        },
        study: ("study", "studies"), series: ("series", "series"), file: ("file", "files"),
        size: "Size", modalities: "Kind of images", until: "Available until", downloadsLeft: "Downloads left", patient: "Patient",
        born: "born",
        remaining: { "in \($0)" },
        password: "Password", passwordHint: "It was told to you by another way than this link, for example by telephone.",
        open: "Open", download: "Download", goOn: "Go on with the download",
        missing: {
            "\($0) cannot be reached at the moment and would be missing. The file MANIFEST.csv in the download names what is missing; or try later."
        },
        over: "The link has ended. A download that you began can still be completed.",
        privacy: "These are medical data of a person. Keep them only as long as you need them, and only where others cannot see them.",
        howToOpen: (
            "What do I do with the file?",
            [
                "You get one file that ends with .zip. Unpack it first: on Windows with the right mouse button and “Extract All…”, on a Mac by a double"
                    + " click, under Linux in the file manager, on a telephone in its program for files.",
                "The images in it are DICOM files, which need a viewer for medical images, such as the free Weasis for Windows, Mac and Linux. In it,"
                    + " open the unpacked folder or the file DICOMDIR. A practice or a hospital can import the folder as it would a CD.",
            ]
        ),
        whenItBreaks: (
            "What if the download breaks off?",
            {
                "Nothing is lost. Choose “Resume” in your browser's list of downloads, or open this link again. A download that was begun can be"
                    + " finished for \($0) after the link has ended. If it cannot be resumed, delete the part that came and begin again."
            }
        ),
        forPrograms: "For programs",
        wrongPassword: "This password is not right. Mind capital and small letters, and try again.",
        waitForPassword: { "Too many wrong passwords were given. Wait \($0), then try again." },
        locked: "Too many wrong passwords were given, and the link takes none any more. Ask whoever gave it to you to open it again.",
        noLink: (
            "This link does not work",
            "It may be mistyped, its time may be over, or it was taken back. Ask whoever gave it to you for a new one."
        ),
        failed: "That did not work",
        tooMany: { "There were too many requests. Wait \($0), then load this page again." },
        busy: { "Many downloads are under way at the moment. Try again in \($0)." },
        incomplete:
            "Some of the files cannot be reached at the moment, and an incomplete download is not given. Try later, or ask whoever sent you"
            + " the link.",
        withheld: "The images must be looked at again before they can be given. Ask whoever sent you the link.",
        storageAway: "The storage that holds the images does not answer at the moment. Try again later.",
        badRequest: "The server did not understand that. Open the link again.",
        passwordNeeded: "A password is needed.",
        serverFailed: "The server cannot do that at the moment. Try again later.",
        tryAgain: { "Try again in \($0)." })
}
