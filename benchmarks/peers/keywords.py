"""The attributes that a catalogue needs."""

KEYWORDS = (
    "SpecificCharacterSet TimezoneOffsetFromUTC PatientName PatientID IssuerOfPatientID PatientBirthDate PatientSex StudyInstanceUID StudyID "
    "StudyDate StudyTime AccessionNumber StudyDescription ReferringPhysicianName InstitutionName SeriesInstanceUID SeriesNumber SeriesDate "
    "SeriesTime Modality SeriesDescription ProtocolName BodyPartExamined Laterality Manufacturer ManufacturerModelName StationName SOPClassUID "
    "SOPInstanceUID InstanceNumber NumberOfFrames Rows Columns"
).split()
