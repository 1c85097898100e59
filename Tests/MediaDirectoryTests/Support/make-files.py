"""Writes one small file of each kind that a directory knows, in several encodings. All people are made up.

Usage: make-files.py FOLDER
"""

import os
import sys

from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset

folder = sys.argv[1]
syntaxes = [uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian, uid.ExplicitVRBigEndian, uid.DeflatedExplicitVRLittleEndian]


def item(**values):
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def code(value, meaning):
    return item(CodeValue=value, CodingSchemeDesignator="DCM", CodeMeaning=meaning)


def reference(number):
    return item(ReferencedSOPClassUID=uid.CTImageStorage, ReferencedSOPInstanceUID=f"1.2.3.{number}")


date = {"ContentDate": "20240501", "ContentTime": "101112.5"}
identification = {"ContentLabel": "LABEL", "ContentDescription": "Größe", "ContentCreatorName": "Müller^Jörg"}
content = [
    item(RelationshipType="HAS CONCEPT MOD", ValueType="CODE", ConceptNameCodeSequence=[code("121049", "Language")],
         ConceptCodeSequence=[code("de", "Übersetzung")]),
    item(RelationshipType="CONTAINS", ValueType="TEXT", ConceptNameCodeSequence=[code("1", "Finding")], TextValue="x" * 300),
]
series = [item(SeriesInstanceUID="1.2.3", ReferencedImageSequence=[reference(1), reference(2)])]
report = {
    **date, "CompletionFlag": "COMPLETE", "VerificationFlag": "VERIFIED", "ConceptNameCodeSequence": [code("126000", "Bericht für Ärzte")],
    "ContentSequence": content,
    "VerifyingObserverSequence": [item(VerifyingObserverName="A^B", VerificationDateTime="20240501101112"),
                                  item(VerifyingObserverName="C^D", VerificationDateTime="20240601101112")],
}
generic = {**date, **identification}

# By SOP class, what its record needs beyond the instance number.
kinds = [
    (uid.CTImageStorage, {"Rows": 4, "Columns": 4}),
    (uid.RTDoseStorage, {"DoseSummationType": "PLAN"}),
    (uid.RTStructureSetStorage, {"StructureSetLabel": "Hüfte", "StructureSetDate": "20240501", "StructureSetTime": "1011"}),
    (uid.RTPlanStorage, {"RTPlanLabel": "P1", "RTPlanDate": "20240501", "RTPlanTime": "1011"}),
    (uid.RTBeamsTreatmentRecordStorage, {"TreatmentDate": "20240501", "TreatmentTime": "1011"}),
    (uid.GrayscaleSoftcopyPresentationStateStorage,
     {**identification, "PresentationCreationDate": "20240501", "PresentationCreationTime": "1011", "ReferencedSeriesSequence": series}),
    (uid.BlendingSoftcopyPresentationStateStorage,
     {**identification, "PresentationCreationDate": "20240501", "PresentationCreationTime": "1011",
      "BlendingSequence": [item(StudyInstanceUID="1.2.9", BlendingPosition=position, ReferencedSeriesSequence=series)
                           for position in ("UNDERLYING", "SUPERIMPOSED")]}),
    (uid.TwelveLeadECGWaveformStorage, date),
    (uid.EnhancedSRStorage, report),
    (uid.KeyObjectSelectionDocumentStorage, {**date, "ConceptNameCodeSequence": [code("113000", "Of Interest")], "ContentSequence": content}),
    (uid.MRSpectroscopyStorage,
     {**date, "ImageType": ["ORIGINAL", "PRIMARY", "SPECTROSCOPY", "NONE"], "NumberOfFrames": 2, "Rows": 1, "Columns": 1, "DataPointRows": 1,
      "DataPointColumns": 70000, "ReferencedImageEvidenceSequence": [reference(3)]}),
    (uid.RawDataStorage, date),
    (uid.SpatialRegistrationStorage, generic),
    (uid.SpatialFiducialsStorage, generic),
    (uid.EncapsulatedPDFStorage,
     {**date, "DocumentTitle": "Brief", "ConceptNameCodeSequence": [code("1", "Letter")], "EncapsulatedDocument": b"%PDF" + b"x" * 300000,
      "MIMETypeOfEncapsulatedDocument": "application/pdf"}),
    (uid.RealWorldValueMappingStorage, generic),
    (uid.StereometricRelationshipStorage, identification),
    (uid.LensometryMeasurementsStorage, generic),
    (uid.SurfaceSegmentationStorage, generic),
    (uid.SurfaceScanMeshStorage, date),
    (uid.TractographyResultsStorage, generic),
    (uid.ContentAssessmentResultsStorage, {"InstanceCreationDate": "20240501", "InstanceCreationTime": "1011"}),
    ("1.2.840.10008.5.1.4.1.1.481.10",
     {"Modality": "RTINTENT", "UserContentLabel": "INTENT", "UserContentLongLabel": "Absicht", "ContentDescription": "D",
      "ContentCreatorName": "A^B"}),
    ("1.2.840.10008.5.1.4.34.7", {"Modality": "PLAN"}),
    (uid.HangingProtocolStorage,
     {"HangingProtocolName": "H", "HangingProtocolDescription": "Für Köpfe", "HangingProtocolLevel": "SITE",
      "HangingProtocolCreator": "Mäc", "HangingProtocolCreationDateTime": "20240501", "NumberOfPriorsReferenced": 2,
      "HangingProtocolDefinitionSequence": [
          item(Modality="CT", Laterality="L", AnatomicRegionSequence=[code("1", "Kopf")], ProcedureCodeSequence=[code("2", "CT")],
               ReasonForRequestedProcedureCodeSequence=[code("3", "Warum")])],
      "HangingProtocolUserIdentificationCodeSequence": [code("2", "Wer")]}),
    (uid.ColorPaletteStorage, {"ContentLabel": "PALETTE", "ContentDescription": "Bunt"}),
    (uid.GenericImplantTemplateStorage, {"Manufacturer": "M", "ImplantName": "N", "ImplantPartNumber": "P", "ImplantSize": "S"}),
    (uid.ImplantAssemblyTemplateStorage,
     {"ImplantAssemblyTemplateName": "N", "Manufacturer": "M", "ProcedureTypeCodeSequence": [code("1", "Hip")]}),
    (uid.ImplantTemplateGroupStorage, {"ImplantTemplateGroupName": "N", "ImplantTemplateGroupIssuer": "I"}),
]

for number, (sop_class, values) in enumerate(kinds, start=1):
    for index, syntax in enumerate(syntaxes):
        dataset = item(
            SpecificCharacterSet=["ISO_IR 192", "ISO_IR 100"][index % 2], SOPClassUID=sop_class, SOPInstanceUID=f"1.2.3.{number}.{index}",
            PatientName="Jürgen^Ägypten" if index < 2 else "Yamada^Tarou", PatientID=f"P{index % 2}", StudyDate="20240501", StudyTime="101112",
            StudyID="S1", StudyInstanceUID=f"1.2.3.{index % 2}", SeriesInstanceUID=f"1.2.3.{index % 2}.{number}", SeriesNumber=number,
            Modality="OT", InstanceNumber=number * 10 + index, AccessionNumber="A", StudyDescription="Schädel", **{"Manufacturer": "X"})
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.file_meta.MediaStorageSOPClassUID = sop_class
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        path = os.path.join(folder, "DICOM", f"ST{index % 2:06}", f"SE{number:06}", f"IM{index:06}")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        dataset.save_as(path, enforce_file_format=True)
