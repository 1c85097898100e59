"""Invented patients with the names, dates and contradictions that a front must show well; the same for everyone who makes them."""
import datetime
import random

FAMILIES = "Müller Schmidt Novák García Rossi Lefèvre Jensen Østergård Yılmaz Weber Smith Nguyen Kowalski Papadopoulos Bauer Lindström".split()
GIVEN = "Anna José Élodie Jürgen Maria Peter Sabine Łukasz Zoë Marco Ingrid Thomas Fatma Ravi Lucía Björn".split()
KINDS = [
    ("CT", "CT Abdomen/Becken mit KM", "ABDOMEN"), ("MR", "MRT Knie rechts", "KNEE"), ("CR", "Thorax p.a. und lateral", "CHEST"),
    ("US", "Sonographie Abdomen", "ABDOMEN"), ("MG", "Mammography bilateral", "BREAST"), ("MR", "MR Brain w/o contrast", "HEAD"),
    ("CT", "CT Thorax nativ", "CHEST"), ("DX", "Hand rechts 2 Ebenen", "HAND"), ("NM", "Skelettszintigraphie", "SKELETON"),
]
SOURCES = ["archive", "nas-radiology"]
NEWEST = datetime.date(2026, 11, 20)


def uid(numbers: random.Random) -> str:
    return f"1.2.826.0.1.3680043.8.498.{numbers.randrange(10**37, 10**38)}"


class Catalogue:
    """Studies, the newest first, each with its series. The first are always the same few that tests speak of."""

    def __init__(self, count: int, seed: int = 7):
        numbers = random.Random(seed)
        self.studies = []
        self.series = {}
        known = [
            ("Yamada^Tarou=山田^太郎=やまだ^たろう", "MR", "MR Brain w/o contrast", "HEAD", False),
            ("Çelik^Ayşe^^Dr.", "CT", "CT Thorax nativ", "CHEST", False),
            ("Kowalski^Łukasz", "CT", "CT Abdomen/Becken mit KM", "ABDOMEN", True),
        ]
        day = NEWEST
        for index in range(count):
            if index < len(known):
                name, modality, description, body_part, has_conflict = known[index]
            else:
                if numbers.random() < 0.4:
                    day -= datetime.timedelta(days=1)
                modality, description, body_part = numbers.choice(KINDS)
                name = f"{numbers.choice(FAMILIES)}^{numbers.choice(GIVEN)}"
                has_conflict = numbers.random() < 0.01
            self._add(numbers, index, day, name, modality, description, body_part, has_conflict)

    def _add(self, numbers, index, day, name, modality, description, body_part, has_conflict):
        study_uid = uid(numbers)
        common = {
            "PatientName": name, "PatientID": f"{4_000_000 + index * 7}", "IssuerOfPatientID": "HOSPITAL",
            "PatientBirthDate": f"{numbers.randrange(1931, 2022)}{numbers.randrange(1, 13):02}{numbers.randrange(1, 29):02}",
            "PatientSex": numbers.choice("FMFMFMO"), "StudyInstanceUID": study_uid, "StudyID": f"S{index}",
            "StudyDate": day.strftime("%Y%m%d"), "StudyTime": f"{numbers.randrange(7, 20):02}{numbers.randrange(60):02}00",
            "AccessionNumber": f"A{26_000_000 - index}", "StudyDescription": description,
            "ReferringPhysicianName": "Huber^Karin^^Dr.", "InstitutionName": "Klinikum Musterstadt", "ModalitiesInStudy": [modality],
            "NumberOfStudyRelatedSeries": 0,
        }
        source = SOURCES[index % 3 != 0]
        series = []
        for number in range(1, numbers.randrange(2, 8)):
            images = numbers.randrange(1, 400) if modality in ("CT", "MR") else numbers.randrange(1, 4)
            series.append({
                **common, "SeriesInstanceUID": uid(numbers), "SeriesNumber": number, "SeriesDate": common["StudyDate"],
                "SeriesTime": common["StudyTime"], "Modality": modality, "SeriesDescription": f"{modality.lower()}_{number}",
                "ProtocolName": description, "BodyPartExamined": body_part, "Laterality": None,
                "NumberOfSeriesRelatedInstances": images, "file_count": images, "source": source, "has_conflict": has_conflict and number == 1,
                "cursor": str(number),
            })
        images = sum(one["NumberOfSeriesRelatedInstances"] for one in series)
        for one in series:
            one["NumberOfStudyRelatedSeries"] = len(series)
        common["NumberOfStudyRelatedSeries"] = len(series)
        self.series[study_uid] = series
        self.studies.append({
            **common, "NumberOfStudyRelatedInstances": images, "file_count": images, "source": source, "has_conflict": has_conflict,
            "cursor": str(index),
        })

    def conflicts(self, study):
        if not study["has_conflict"]:
            return []
        first = self.series[study["StudyInstanceUID"]][0]
        return [
            {"attribute": "PatientName", "kept": study["PatientName"], "found": "Meier^Hans", "series": None, "instance": None},
            {"attribute": "SeriesDescription", "kept": first["SeriesDescription"], "found": "scout", "series": first["SeriesInstanceUID"],
             "instance": None},
        ]

    def instances(self, series):
        for number in range(1, series["NumberOfSeriesRelatedInstances"] + 1):
            yield {
                **series, "SOPInstanceUID": f"{series['SeriesInstanceUID']}.{number}", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
                "InstanceNumber": number, "NumberOfFrames": None, "Rows": 512, "Columns": 512, "file_count": 1, "cursor": str(number),
            }
