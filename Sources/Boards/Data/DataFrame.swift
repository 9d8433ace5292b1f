/// A column of values with what is known of it.
struct DataField: Sendable {
    enum Values: Sendable {
        /// Milliseconds since 1970.
        case times([Int64])
        /// NaN where there is no value.
        case numbers([Double])
        case texts([String?])
    }

    var name: String
    var labels: [String: String] = [:]
    /// How it is shown, where a query's legend or a transformation said so.
    var displayName: String?
    /// A name that was made of the labels, and what of it tells the series of a panel apart.
    var automatic: (written: String, shown: String)?
    var refID = ""
    /// What another query says of it.
    var settings: FieldSettings?
    var values: Values

    init(_ name: String, _ values: Values) {
        self.name = name
        self.values = values
    }

    var count: Int {
        switch values {
        case .times(let times): times.count
        case .numbers(let numbers): numbers.count
        case .texts(let texts): texts.count
        }
    }

    var isNumber: Bool {
        if case .numbers = values { return true }
        return false
    }
    var isTime: Bool {
        if case .times = values { return true }
        return false
    }

    var numbers: [Double]? {
        switch values {
        case .numbers(let numbers): numbers
        case .times, .texts: nil
        }
    }

    /// The type's name in overrides.
    var typeName: String { isTime ? "time" : isNumber ? "number" : "string" }

    /// As matchers and tables call it.
    var title: String { displayName ?? (labels.isEmpty ? name : name == "Value" || name.isEmpty ? LabelText.text(labels) : name + " " + LabelText.text(labels)) }

    /// What files of older releases call the only value column of a panel: by its query, as if there were several.
    var olderName: String? { name == "Value" && displayName == nil && !refID.isEmpty ? "Value #\(refID)" : nil }

    /// As people see it where nothing else is wanted: of a name made of labels the part that tells series apart.
    var shownTitle: String {
        guard let automatic, displayName == automatic.written else { return title }
        return automatic.shown
    }

    /// One value as a key that rows are joined by.
    func key(_ row: Int) -> CellKey {
        switch values {
        case .times(let times): row < times.count ? .number(Double(times[row])) : .none
        case .numbers(let numbers): row < numbers.count && !numbers[row].isNaN ? .number(numbers[row]) : .none
        case .texts(let texts): row < texts.count ? texts[row].map { .text($0) } ?? .none : .none
        }
    }

    /// The same rows in another order; a row below 0 is empty.
    func picking(_ rows: [Int]) -> DataField {
        var field = self
        switch values {
        case .times(let times): field.values = .times(rows.map { $0 >= 0 && $0 < times.count ? times[$0] : 0 })
        case .numbers(let numbers): field.values = .numbers(rows.map { $0 >= 0 && $0 < numbers.count ? numbers[$0] : .nan })
        case .texts(let texts): field.values = .texts(rows.map { $0 >= 0 && $0 < texts.count ? texts[$0] : nil })
        }
        return field
    }

    /// Empty, of the same type.
    var emptied: DataField { picking([]) }

    mutating func append(_ other: DataField, row: Int) {
        switch (values, other.values) {
        case (.times(var mine), .times(let theirs)):
            values = .times([])
            mine.append(row >= 0 && row < theirs.count ? theirs[row] : 0)
            values = .times(mine)
        case (.numbers(var mine), .numbers(let theirs)):
            values = .numbers([])
            mine.append(row >= 0 && row < theirs.count ? theirs[row] : .nan)
            values = .numbers(mine)
        case (.texts(var mine), _):
            values = .texts([])
            mine.append(row >= 0 ? other.key(row).text : nil)
            values = .texts(mine)
        case (.numbers(var mine), _):
            values = .numbers([])
            mine.append(row >= 0 ? other.key(row).number ?? .nan : .nan)
            values = .numbers(mine)
        case (.times(var mine), _):
            values = .times([])
            mine.append(other.key(row).number.flatMap { Int64(exactly: $0) } ?? 0)
            values = .times(mine)
        }
    }

    mutating func appendEmpty() { append(self.emptied, row: -1) }
}

/// A value of any column, to be compared with others.
enum CellKey: Hashable {
    case none
    case number(Double)
    case text(String)

    var text: String? {
        switch self {
        case .none: nil
        case .number(let number): NumberText.trimmed(NumberText.fixed(number, decimals: 6))
        case .text(let text): text
        }
    }
    var number: Double? {
        switch self {
        case .none: nil
        case .number(let number): number
        case .text(let text): Double(text)
        }
    }
}

/// Columns of the same length.
struct DataFrame: Sendable {
    var refID: String
    var fields: [DataField]

    init(refID: String = "", fields: [DataField]) {
        self.refID = refID
        self.fields = fields
    }

    var rowCount: Int { fields.map(\.count).max() ?? 0 }
    var timeField: DataField? { fields.first(where: \.isTime) }

    func field(named name: String) -> Int? {
        fields.firstIndex { $0.displayName == name } ?? fields.firstIndex { $0.name == name } ?? fields.firstIndex { $0.title == name } ?? fields.firstIndex { $0.olderName == name }
    }

    func picking(_ rows: [Int]) -> DataFrame { DataFrame(refID: refID, fields: fields.map { $0.picking(rows) }) }
}

/// Labels as people read them.
enum LabelText {
    /// `{a="b", c="d"}` with the metric's name before it.
    static func text(_ labels: [String: String]) -> String {
        let name = labels["__name__"] ?? ""
        let rest = labels.filter { $0.key != "__name__" }.sorted { $0.key < $1.key }
        if rest.isEmpty { return name.isEmpty ? "{}" : name }
        return name + "{" + rest.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ", ") + "}"
    }

    /// `{{label}}` replaced by the label's value; a label that isn't there is empty.
    static func legend(_ template: String, _ labels: [String: String]) -> String {
        var result = ""
        var rest = Substring(template)
        while let open = rest.range(of: "{{") {
            result += rest[..<open.lowerBound]
            guard let close = rest[open.upperBound...].range(of: "}}") else {
                result += rest[open.lowerBound...]
                return result
            }
            result += labels[Text.trimmed(String(rest[open.upperBound..<close.lowerBound]))] ?? ""
            rest = rest[close.upperBound...]
        }
        return result + rest
    }
}

extension Substring {
    /// The first place of a short text.
    fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }
}
