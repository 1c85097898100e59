extension RecipientTexts {
    static let german = RecipientTexts(
        language: .german,
        title: "Medizinische Bilder für Sie",
        shares: { person, what, files in
            person.map { "<strong>\($0)</strong> teilt \(what) mit Ihnen: \(files)." } ?? "\(what) für Sie: \(files)."
        },
        study: ("Untersuchung", "Untersuchungen"), series: ("Serie", "Serien"), file: ("Datei", "Dateien"),
        size: "Größe", modalities: "Art der Bilder", until: "Verfügbar bis", downloadsLeft: "Verbleibende Downloads", patient: "Patient",
        born: "geboren",
        remaining: { "noch \($0)" },
        password: "Passwort", passwordHint: "Es wurde Ihnen auf einem anderen Weg als dieser Link mitgeteilt, zum Beispiel am Telefon.",
        open: "Öffnen", download: "Herunterladen", goOn: "Download fortsetzen",
        missing: {
            "\($0) sind derzeit nicht erreichbar und würden fehlen. Die Datei MANIFEST.csv im Download nennt, was fehlt; oder versuchen Sie es"
                + " später."
        },
        over: "Der Link ist beendet. Einen Download, den Sie begonnen haben, können Sie noch vollenden.",
        privacy:
            "Dies sind medizinische Daten eines Menschen. Bewahren Sie sie nur so lange auf, wie Sie sie brauchen, und nur dort, wo andere sie"
            + " nicht sehen.",
        howToOpen: (
            "Was mache ich mit der Datei?",
            [
                "Sie erhalten eine Datei, die auf .zip endet. Entpacken Sie sie zuerst: unter Windows mit der rechten Maustaste und „Alle"
                    + " extrahieren …“, auf dem Mac mit einem Doppelklick, unter Linux in der Dateiverwaltung, auf dem Telefon in der App"
                    + " für Dateien.",
                "Die Bilder darin sind DICOM-Dateien; sie brauchen einen Betrachter für medizinische Bilder, zum Beispiel das kostenlose Weasis für"
                    + " Windows, Mac und Linux. Öffnen Sie darin den entpackten Ordner oder die Datei DICOMDIR. Eine Praxis oder Klinik kann den Ordner"
                    + " einlesen wie eine CD.",
            ]
        ),
        whenItBreaks: (
            "Was, wenn der Download abbricht?",
            {
                "Es ist nichts verloren. Wählen Sie „Fortsetzen“ in der Download-Liste Ihres Browsers oder öffnen Sie diesen Link noch einmal. Ein"
                    + " begonnener Download lässt sich noch \($0) lang beenden, nachdem der Link abgelaufen ist. Lässt er sich nicht fortsetzen,"
                    + " löschen Sie den Teil, der da ist, und beginnen Sie von vorn."
            }
        ),
        forPrograms: "Für Programme",
        wrongPassword: "Dieses Passwort stimmt nicht. Achten Sie auf große und kleine Buchstaben und versuchen Sie es noch einmal.",
        waitForPassword: { "Es wurden zu viele falsche Passwörter eingegeben. Warten Sie \($0) und versuchen Sie es dann noch einmal." },
        locked:
            "Es wurden zu viele falsche Passwörter eingegeben, und der Link nimmt keines mehr an. Bitten Sie darum, ihn wieder zu öffnen, wo"
            + " Sie ihn bekommen haben.",
        noLink: (
            "Dieser Link funktioniert nicht",
            "Vielleicht ist er falsch geschrieben, seine Zeit ist um, oder er wurde zurückgenommen. Bitten Sie um einen neuen, wo Sie ihn bekommen"
                + " haben."
        ),
        failed: "Das hat nicht geklappt",
        tooMany: { "Das waren zu viele Anfragen. Warten Sie \($0) und laden Sie diese Seite dann neu." },
        busy: { "Derzeit laufen viele Downloads. Versuchen Sie es in \($0) noch einmal." },
        incomplete:
            "Einige der Dateien sind derzeit nicht erreichbar, und einen unvollständigen Download gibt es nicht. Versuchen Sie es später, oder"
            + " fragen Sie dort, wo Sie den Link bekommen haben.",
        withheld: "Die Bilder müssen noch einmal angesehen werden, bevor es sie gibt. Fragen Sie dort, wo Sie den Link bekommen haben.",
        storageAway: "Der Speicher mit den Bildern antwortet derzeit nicht. Versuchen Sie es später noch einmal.",
        badRequest: "Das hat der Server nicht verstanden. Öffnen Sie den Link noch einmal.",
        passwordNeeded: "Es wird ein Passwort gebraucht.",
        serverFailed: "Das kann der Server derzeit nicht. Versuchen Sie es später noch einmal.",
        tryAgain: { "Versuchen Sie es in \($0) noch einmal." })
}
