/// Invented studies: what a hospital's archive holds in ten years.
struct StudyDraft {
    var description: String
    var modality: String
    var bodyPart: String
    var series: [SeriesDraft]
}

struct SeriesDraft {
    var modality: String
    var description: String
    var protocolName: String
}

extension StudyDraft {
    private static let bodyParts = [
        "CHEST", "ABDOMEN", "HEAD", "PELVIS", "KNEE", "SPINE", "BREAST", "SHOULDER", "FOOT", "HAND", "HEART", "NECK", "HIP", "ANKLE",
    ]
    private static let words: [String: [String]] = [
        "CHEST": ["Thorax", "Chest", "Lunge"], "ABDOMEN": ["Abdomen", "Oberbauch", "Abdomen und Becken"],
        "HEAD": ["Schädel", "Head", "Brain", "頭部"],
        "PELVIS": ["Becken", "Pelvis"], "KNEE": ["Knie", "Knee"], "SPINE": ["LWS", "HWS", "Spine lumbar"], "BREAST": ["Mamma", "Breast"],
        "SHOULDER": ["Schulter", "Shoulder"], "FOOT": ["Fuß", "Foot"], "HAND": ["Hand", "Wrist"], "HEART": ["Herz", "Cardiac"],
        "NECK": ["Hals", "Neck"],
        "HIP": ["Hüfte", "Hip"], "ANKLE": ["OSG", "Ankle"],
    ]
    private static let plans: [(modality: String, series: ClosedRange<Int>, descriptions: [String])] = [
        (
            "CT", 2...6,
            [
                "Topogram 0.6", "Axial 5.0 B31f", "Axial 1.0 B70f lung", "MPR cor 3.0", "MPR sag 3.0", "Dose Report", "Arterial 2.0",
                "Portal venous 3.0",
                "Localizer", "Lung 1.0 axial",
            ]
        ), ("CR", 1...2, ["PA", "LAT", "AP portable", "Thorax p.a.", "oblique"]),
        (
            "MR", 4...9,
            [
                "localizer", "t2_tse_sag", "t1_se_tra", "t2_flair_tra_p2", "ep2d_diff_3scan_trace_p2", "ADC", "t1_mprage_sag_iso", "3D TOF",
                "STIR cor",
                "PD fs cor", "t1_fl2d_tra_KM",
            ]
        ), ("US", 1...2, ["Abdomen complete", "Thyroid", "Doppler carotid", "US images"]),
        ("DX", 1...3, ["PA", "LAT", "AP", "Weight bearing"]),
        ("MG", 2...4, ["R CC", "L CC", "R MLO", "L MLO"]), ("XA", 2...6, ["Coronary LAO", "Coronary RAO", "Run 1", "Run 2"]),
        ("PT", 2...4, ["PET WB", "PET AC", "CT WB 3.0", "MIP"]), ("NM", 1...3, ["Bone scan", "WB static"]),
        ("RF", 1...2, ["Swallow", "Fluoro"]),
        ("OP", 1...1, ["Fundus"]), ("ES", 1...1, ["Endoscopy"]),
    ]

    init(_ numbers: inout SeededNumbers) {
        let plan = numbers.skewed(Self.plans)
        let bodyPart = numbers.skewed(Self.bodyParts)
        let word = numbers.one(Self.words[bodyPart] ?? [bodyPart])
        let extra = ["", "", "", " mit KM", " w/o contrast", " Verlaufskontrolle", " follow-up", " nativ", " portable", " Notfall"]
        description = "\(plan.modality == "CR" ? "Röntgen" : plan.modality) \(word)\(numbers.one(extra))"
        modality = plan.modality
        self.bodyPart = bodyPart
        series = []
        for _ in 0..<Int.random(in: plan.series, using: &numbers) {
            let isReport = numbers.chance(0.04)
            series.append(
                SeriesDraft(
                    modality: isReport ? "SR" : modality, description: isReport ? "Radiation Dose Report" : numbers.one(plan.descriptions),
                    protocolName: numbers.chance(0.7) ? "\(word) \(numbers.one(["Routine", "Standard", "Low Dose", "Trauma"]))" : ""))
        }
    }
}
