/// What `README.txt` in an archive says: what this is and how to look at it. Names nobody and nothing of the content.
enum ReadMe {
    /// - Parameter language: `en` or `de`; both when nil.
    static func bytes(language: String?) -> [UInt8] {
        let texts =
            switch language {
            case "en": [english]
            case "de": [german]
            default: [english, german]
            }
        let rule = "\n\n" + String(repeating: "-", count: 72) + "\n\n"
        // A byte order mark and CRLF: what every system's plainest editor shows rightly.
        return [0xEF, 0xBB, 0xBF] + texts.joined(separator: rule).replacing("\n", with: "\r\n").utf8
    }

    private static let english = """
        Medical images
        ==============

        This folder holds medical images in the DICOM format.

        How to look at them
          1. Unpack the whole ZIP archive into a folder first.
          2. Start a DICOM viewer and open that folder, or the file DICOMDIR in it.
          Programs made for photographs cannot show these files.

        What is what
          DICOMDIR      the table of contents that viewers read
          DICOM         the images: one folder a study (ST…), in it one a series (SE…)
          MANIFEST.csv  a list of all files with their descriptions, for a spreadsheet.
                        Its column State says "missing" where a file could not be
                        delivered, and Remark says why.

        These are confidential health data. Keep them safe, pass them on only to those
        who need them, and delete them when they are no longer needed. If they reached
        you by mistake, delete them and tell whoever sent you the link.
        """ + "\n"

    private static let german = """
        Medizinische Bilder
        ===================

        Dieser Ordner enthält medizinische Bilder im Format DICOM.

        So werden sie angesehen
          1. Zuerst das ganze ZIP-Archiv in einen Ordner entpacken.
          2. Ein DICOM-Programm (Viewer) starten und diesen Ordner öffnen, oder die Datei
             DICOMDIR darin.
          Programme für Fotos können diese Dateien nicht anzeigen.

        Was ist was
          DICOMDIR      das Inhaltsverzeichnis, das Viewer lesen
          DICOM         die Bilder: ein Ordner je Studie (ST…), darin einer je Serie (SE…)
          MANIFEST.csv  eine Liste aller Dateien mit ihren Beschreibungen, für eine
                        Tabellenkalkulation. In der Spalte State steht "missing", wo eine
                        Datei nicht geliefert werden konnte; Remark sagt, warum.

        Dies sind vertrauliche Gesundheitsdaten. Bewahren Sie sie sicher auf, geben Sie sie
        nur an Personen weiter, die sie brauchen, und löschen Sie sie, wenn sie nicht mehr
        gebraucht werden. Haben Sie sie irrtümlich erhalten, löschen Sie sie bitte und sagen
        Sie der Person Bescheid, von der Sie den Link haben.
        """ + "\n"
}
