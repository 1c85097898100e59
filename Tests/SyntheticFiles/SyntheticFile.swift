/// Writes small DICOM files, explicit VR little endian, with a preamble and a meta group. All people are made up.
package struct SyntheticFile {
    package var patientName: String
    package var patientID: String
    package var birthDate: String
    package var study: String
    package var studyDate: String
    package var studyDescription: String
    package var series: String
    package var seriesDescription: String
    package var modality: String
    package var instance: String
    package var number: Int
    package var rows: UInt16
    /// Bytes of pixel data that follow the header.
    package var pixels: Int

    package init(
        patientName: String = "Muster^Maria", patientID: String = "P1", birthDate: String = "19700102", study: String = "1.2.3",
        studyDate: String = "20240501", studyDescription: String = "Brain", series: String = "1.2.3.1", seriesDescription: String = "T1",
        modality: String = "MR", instance: String = "1.2.3.1.1", number: Int = 1, rows: UInt16 = 16, pixels: Int = 64
    ) {
        (self.patientName, self.patientID, self.birthDate) = (patientName, patientID, birthDate)
        (self.study, self.studyDate, self.studyDescription) = (study, studyDate, studyDescription)
        (self.series, self.seriesDescription, self.modality) = (series, seriesDescription, modality)
        (self.instance, self.number, self.rows, self.pixels) = (instance, number, rows, pixels)
    }

    package var bytes: [UInt8] {
        var file = [UInt8](repeating: 0, count: 128) + Array("DICM".utf8)
        var meta: [UInt8] = []
        Self.add(&meta, 0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1")
        Self.add(&file, 0x0002, 0x0000, "UL", withUnsafeBytes(of: UInt32(meta.count).littleEndian, Array.init))
        file += meta
        Self.add(&file, 0x0008, 0x0016, "UI", "1.2.840.10008.5.1.4.1.1.4")
        Self.add(&file, 0x0008, 0x0018, "UI", instance)
        Self.add(&file, 0x0008, 0x0020, "DA", studyDate)
        Self.add(&file, 0x0008, 0x0060, "CS", modality)
        Self.add(&file, 0x0008, 0x1030, "LO", studyDescription)
        Self.add(&file, 0x0008, 0x103E, "LO", seriesDescription)
        Self.add(&file, 0x0010, 0x0010, "PN", patientName)
        Self.add(&file, 0x0010, 0x0020, "LO", patientID)
        Self.add(&file, 0x0010, 0x0030, "DA", birthDate)
        Self.add(&file, 0x0020, 0x000D, "UI", study)
        Self.add(&file, 0x0020, 0x000E, "UI", series)
        Self.add(&file, 0x0020, 0x0011, "IS", "1")
        Self.add(&file, 0x0020, 0x0013, "IS", String(number))
        Self.add(&file, 0x0028, 0x0010, "US", withUnsafeBytes(of: rows.littleEndian, Array.init))
        Self.add(&file, 0x0028, 0x0011, "US", withUnsafeBytes(of: rows.littleEndian, Array.init))
        file += [0xE0, 0x7F, 0x10, 0x00] + Array("OW".utf8) + [0, 0]
        file += withUnsafeBytes(of: UInt32(pixels).littleEndian, Array.init) + [UInt8](repeating: 7, count: pixels)
        return file
    }

    private static func add(_ file: inout [UInt8], _ group: UInt16, _ element: UInt16, _ representation: String, _ value: String) {
        var bytes = Array(value.utf8)
        if bytes.count % 2 == 1 { bytes.append(representation == "UI" ? 0 : 0x20) }
        add(&file, group, element, representation, bytes)
    }

    private static func add(_ file: inout [UInt8], _ group: UInt16, _ element: UInt16, _ representation: String, _ value: [UInt8]) {
        for half in [group, element] { file += withUnsafeBytes(of: half.littleEndian, Array.init) }
        file += Array(representation.utf8) + withUnsafeBytes(of: UInt16(value.count).littleEndian, Array.init) + value
    }
}
