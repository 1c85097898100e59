internal import Catalogue
package import SQLite

/// Makes catalogues of invented patients, for benchmarks and tests.
package struct SyntheticCatalogue {
    /// How many series it gets.
    package var seriesCount: Int
    package var seed: UInt64
    package var instancesPerSeries = 1

    package init(seriesCount: Int, seed: UInt64, instancesPerSeries: Int = 1) {
        (self.seriesCount, self.seed, self.instancesPerSeries) = (seriesCount, seed, instancesPerSeries)
    }

    /// Adds the series to a new catalogue, and brings its search index up to date.
    ///
    /// - Parameter progress: is told how many series are there, now and then.
    package func write(to connection: Connection, progress: (Int) -> Void = { _ in }) throws {
        var numbers = SeededNumbers(seed: seed)
        let writer = try RowWriter(connection)
        let index = try SearchIndex(connection)
        try connection.execute(
            """
            INSERT INTO source(id, name, url) VALUES (1, 'archive', 'smb://nas.example:445/archive/dicom'), (2, 'cardiology', '/srv/cardiology');
            INSERT INTO folder(id, source_id, path, depth) VALUES (1, 1, '', 0), (2, 2, '', 0);
            INSERT INTO uid(id, value) VALUES (1, '1.2.840.10008.5.1.4.1.1.2')
            """)
        var done = 0
        var patients: [Patient] = []
        while done < seriesCount {
            var studies: [Int64] = []
            try connection.transaction {
                while studies.count < 2_000, done < seriesCount {
                    let patient: Patient
                    if !patients.isEmpty, numbers.chance(0.4) {
                        patient = numbers.one(patients)
                    } else {
                        patient = try writer.patient(&numbers)
                        patients.append(patient)
                    }
                    let draft = StudyDraft(&numbers)
                    studies.append(try writer.study(draft, of: patient, instancesPerSeries, &numbers))
                    done += draft.series.count
                }
                try index.update(studyIDs: studies)
            }
            progress(done)
        }
    }
}

/// A patient who was written.
struct Patient {
    var id: Int64
    var name: String
    var birthDate: String
    var sex: String
}

/// Writes rows as the indexing writer would.
private final class RowWriter {
    private let insertPatient, insertStudy, insertSeries, insertVariant, insertInstance, insertFolder, insertFile: Statement
    private var patientCount: Int64 = 0
    private var studyCount: Int64 = 0
    private var seriesCount: Int64 = 0
    private var instanceCount: Int64 = 0
    private var folderCount: Int64 = 2
    private let physicians: [String]

    init(_ connection: Connection) throws {
        insertPatient = try connection.prepare("INSERT INTO patient(id, identity, patient_id, issuer) VALUES (?1, ?2, ?2, '')")
        insertStudy = try connection.prepare(
            """
            INSERT INTO study(id, patient_id, study_key, study_instance_uid, sort_key, patient_name, patient_birth_date, patient_sex, study_id,
                study_date, study_time, accession_number, study_description, referring_physician_name, institution_name)
            VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            """)
        insertSeries = try connection.prepare(
            """
            INSERT INTO series(id, study_id, series_key, series_instance_uid, series_number, modality, series_description, protocol_name,
                body_part_examined) VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8)
            """)
        insertVariant = try connection.prepare(
            "INSERT INTO variant(series_id, source_id, digest, attributes, file_count) VALUES (?1, ?2, ?1, '', ?3)")
        insertInstance = try connection.prepare(
            "INSERT INTO instance(id, series_id, sop_instance_uid, sop_class_id, instance_number) VALUES (?1, ?2, ?3, 1, ?4)")
        insertFolder = try connection.prepare("INSERT INTO folder(id, source_id, parent_id, path, depth) VALUES (?1, ?2, ?2, ?3, 1)")
        insertFile = try connection.prepare(
            "INSERT INTO file(folder_id, name, size, modified, changed, state, instance_id, found_generation) VALUES (?1, ?2, 524288, 0, 0, 1, ?3, 1)"
        )
        var numbers = SeededNumbers(seed: 7)
        physicians = (0..<300).map { _ in People.name(&numbers) }
    }

    func patient(_ numbers: inout SeededNumbers) throws -> Patient {
        patientCount += 1
        let patient = Patient(
            id: patientCount, name: People.name(&numbers), birthDate: Self.date(&numbers, years: 1930...2015),
            sex: numbers.one(["M", "F", "O"]))
        insertPatient.bind(patientCount, at: 1)
        // Scattered, and no two alike.
        let identifier = 10_000_000 + patientCount * 48_271 % 89_999_999
        insertPatient.bind((numbers.chance(0.3) ? "P-" : "") + String(identifier), at: 2)
        try insertPatient.run()
        return patient
    }

    func study(_ draft: StudyDraft, of patient: Patient, _ instances: Int, _ numbers: inout SeededNumbers) throws -> Int64 {
        studyCount += 1
        let date = Self.date(&numbers, years: 2016...2025)
        insertStudy.bind(studyCount, at: 1)
        insertStudy.bind(patient.id, at: 2)
        let uid = "1.2.826.0.1.3680043.10.\(studyCount).\(numbers.below(1_000_000))"
        insertStudy.bind(uid, at: 3)
        insertStudy.bind((Int64(date) ?? 0) << 34 | studyCount, at: 4)
        let accession = "A\(date.prefix(4))\(String(1_000_000 + numbers.below(9_000_000)))"
        let texts: [String?] = [
            patient.name, patient.birthDate, patient.sex, String(studyCount), date, "\(10 + numbers.below(10))\(10 + numbers.below(50))00",
            accession,
            draft.description, numbers.skewed(physicians),
            numbers.skewed(["Example Hospital", "Klinikum Musterstadt", "Praxis Dr. Beispiel"]),
        ]
        for (offset, text) in texts.enumerated() { insertStudy.bind(text, at: Int32(offset) + 5) }
        try insertStudy.run()
        for (number, series) in draft.series.enumerated() {
            try self.series(series, number: number + 1, uid: "\(uid).\(number + 1)", bodyPart: draft.bodyPart, instances, &numbers)
        }
        return studyCount
    }

    private func series(
        _ draft: SeriesDraft, number: Int, uid: String, bodyPart: String, _ instances: Int, _ numbers: inout SeededNumbers
    ) throws {
        seriesCount += 1
        folderCount += 1
        let source: Int64 = numbers.chance(0.02) ? 2 : 1
        insertSeries.bind(seriesCount, at: 1)
        insertSeries.bind(studyCount, at: 2)
        insertSeries.bind(uid, at: 3)
        insertSeries.bind(number, at: 4)
        for (offset, text) in [draft.modality, draft.description, draft.protocolName, bodyPart].enumerated() {
            insertSeries.bind(text, at: Int32(offset) + 5)
        }
        try insertSeries.run()
        insertVariant.bind(seriesCount, at: 1)
        insertVariant.bind(source, at: 2)
        insertVariant.bind(instances, at: 3)
        try insertVariant.run()
        insertFolder.bind(folderCount, at: 1)
        insertFolder.bind(source, at: 2)
        insertFolder.bind("\(studyCount / 1_000)/\(studyCount)/\(number)", at: 3)
        try insertFolder.run()
        for instance in 0..<instances {
            instanceCount += 1
            insertInstance.bind(instanceCount, at: 1)
            insertInstance.bind(seriesCount, at: 2)
            insertInstance.bind("\(uid).\(instance + 1)", at: 3)
            insertInstance.bind(instance + 1, at: 4)
            try insertInstance.run()
            insertFile.bind(folderCount, at: 1)
            insertFile.bind("IM\(instance + 1).dcm", at: 2)
            insertFile.bind(instanceCount, at: 3)
            try insertFile.run()
        }
    }

    private static func date(_ numbers: inout SeededNumbers, years: ClosedRange<Int>) -> String {
        let month = 101 + numbers.below(12)
        let day = 101 + numbers.below(28)
        return "\(Int.random(in: years, using: &numbers))\(String(month).dropFirst())\(String(day).dropFirst())"
    }
}
