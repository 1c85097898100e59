/// Numbers that are the same for the same seed on every machine.
///
/// Source: SplitMix64, Steele, Lea and Flood 2014.
package struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    mutating func chance(_ part: Double) -> Bool { Double.random(in: 0..<1, using: &self) < part }

    /// One of the list; the first ones far more often, as with names of people.
    mutating func skewed<Value>(_ list: [Value]) -> Value {
        let place = Double.random(in: 0..<1, using: &self)
        return list[Int(Double(list.count) * place * place * place)]
    }

    mutating func one<Value>(_ list: [Value]) -> Value { list[below(list.count)] }
}

/// Invented people with names as they come from many countries' modalities.
struct People {
    private static let families = """
        Müller Schmidt Smith Johnson Nguyen Meier Wagner Garcia Martin Rossi Novák Kowalski Ivanov Schneider Fischer Weber Meyer Bauer Koch \
        Jones Brown Williams Taylor Davies Wilson Evans Thomas Roberts Walker Wright Hall Green Wood Clarke Jackson Harris Lewis \
        Bernard Dubois Durand Moreau Laurent Lefèvre Girard Roux Fontaine Chevalier Rodríguez Fernández López González Martínez Sánchez Pérez Gómez \
        Ferrari Esposito Bianchi Romano Colombo Ricci Marino Nowak Wiśniewski Wójcik Kamiński Lewandowski Zieliński Szymański Dąbrowski \
        Jensen Nielsen Hansen Andersen Sørensen Østergård Åberg Lindström Karlsson Nilsson Virtanen Korhonen Mäkinen Yılmaz Şahin Özdemir Çelik \
        Horváth Nagy Szabó Tóth Popescu Ionescu Papadopoulos O'Neill O'Brien McCarthy Fitzgerald van-der-Berg de-Vries Janssen Peeters Ng Li Wang \
        Chen Zhang Liu Yang Huang Zhao Wu Kim Lee Park Choi Tanaka Suzuki Sato Singh Patel Kumar Sharma Khan Ahmed Hussain Ali Silva Santos Oliveira
        """.split(separator: " ").map(String.init)

    private static let given = """
        Anna Maria Peter Hans Thomas Michael Andreas Martin Christine Sabine Monika Klaus Wolfgang Ursula Elisabeth John Mary James Robert \
        Patricia Jennifer Linda David William Richard Susan Jessica Sarah Karen Daniel Matthew Emily Emma Olivia Sophie Louis Jean François Élodie \
        José Carlos Miguel Lucía Sofía Giulia Marco Luca Francesca Jan Piotr Agnieszka Katarzyna Łukasz Zdeněk Jiří Ørjan Åsa Björn Søren Ingrid \
        Mehmet Ayşe Fatma İbrahim Wei Ming Hui Fang Yuki Haruto Minh Linh Anh Ravi Priya Fatima Mohammed Omar Aisha Ana Pedro João
        """.split(separator: " ").map(String.init)

    private static let japanese: [(latin: String, written: String, spoken: String)] = [
        ("Yamada", "山田", "やまだ"), ("Sato", "佐藤", "さとう"), ("Suzuki", "鈴木", "すずき"), ("Takahashi", "高橋", "たかはし"), ("Tanaka", "田中", "たなか"),
        ("Watanabe", "渡辺", "わたなべ"), ("Ito", "伊藤", "いとう"), ("Nakamura", "中村", "なかむら"), ("Kobayashi", "小林", "こばやし"), ("Kato", "加藤", "かとう"),
    ]
    private static let japaneseGiven: [(latin: String, written: String, spoken: String)] = [
        ("Tarou", "太郎", "たろう"), ("Hanako", "花子", "はなこ"), ("Ichiro", "一郎", "いちろう"), ("Yuko", "優子", "ゆうこ"), ("Kenji", "健二", "けんじ"),
        ("Akira", "明", "あきら"), ("Misaki", "美咲", "みさき"), ("Shota", "翔太", "しょうた"),
    ]
    private static let chinese: [(latin: String, written: String)] = [
        ("Wang", "王"), ("Li", "李"), ("Zhang", "张"), ("Liu", "刘"), ("Chen", "陈"), ("Yang", "杨"), ("Huang", "黄"), ("Zhao", "赵"),
    ]
    private static let chineseGiven: [(latin: String, written: String)] = [
        ("Xiaodong", "小东"), ("Wei", "伟"), ("Fang", "芳"), ("Xiuying", "秀英"), ("Jianguo", "建国"), ("Lili", "丽丽"), ("Qiang", "强"),
    ]
    private static let korean: [(latin: String, written: String)] = [
        ("Kim", "김"), ("Lee", "이"), ("Park", "박"), ("Choi", "최"), ("Hong", "홍"),
    ]
    private static let koreanGiven: [(latin: String, written: String)] = [
        ("Gildong", "길동"), ("Minjun", "민준"), ("Seoyeon", "서연"), ("Jihoon", "지훈"),
    ]
    private static let syllables =
        "ba be bo da de do fa fe ga go ha he ka ke ko la le lo ma me mo na ne no ra re ro sa se so ta te to va ve wa za"
        .split(separator: " ").map(String.init)

    /// A person's name with its groups.
    static func name(_ numbers: inout SeededNumbers) -> String {
        switch numbers.below(100) {
        case 0..<4:
            let (family, given) = (numbers.skewed(japanese), numbers.one(japaneseGiven))
            return "\(family.latin)^\(given.latin)=\(family.written)^\(given.written)=\(family.spoken)^\(given.spoken)"
        case 4..<7:
            let (family, given) = (numbers.skewed(chinese), numbers.one(chineseGiven))
            return "\(family.latin)^\(given.latin)=\(family.written)^\(given.written)"
        case 7..<9:
            let (family, given) = (numbers.skewed(korean), numbers.one(koreanGiven))
            return "\(family.latin)^\(given.latin)=\(family.written)^\(given.written)"
        case 9..<35:
            // The long tail: rare names, no two lists of which are the same.
            let family = (0..<(2 + numbers.below(3))).map { _ in numbers.one(syllables) }.joined()
            return "\(family.prefix(1).uppercased())\(family.dropFirst())^\(numbers.skewed(given))"
        case 35..<45:
            return "\(numbers.skewed(families).uppercased())^\(numbers.skewed(given).uppercased())^\(numbers.one(given).uppercased())"
        case 45..<48: return "\(numbers.skewed(families))^\(numbers.skewed(given))^^Dr."
        default: return "\(numbers.skewed(families))^\(numbers.skewed(given))"
        }
    }
}
