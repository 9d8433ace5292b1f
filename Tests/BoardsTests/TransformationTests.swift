import Foundations
import Testing

@testable import Boards

@Suite struct TransformationTests {
    private func table(_ refID: String, _ hosts: [String], _ values: [Double], name: String = "Value") -> DataFrame {
        DataFrame(refID: refID, fields: [DataField("Time", .times(hosts.map { _ in 1000 })), DataField("host", .texts(hosts)), DataField(name, .numbers(values))])
    }

    private func series(_ name: String, _ times: [Int64], _ values: [Double]) -> DataFrame {
        var value = DataField("Value", .numbers(values))
        value.labels = ["host": name]
        value.displayName = name
        return DataFrame(refID: "A", fields: [DataField("Time", .times(times)), value])
    }

    /// Columns by their titles, cells as text.
    private func shown(_ frames: [DataFrame]) -> [String] {
        frames.map { frame in
            frame.fields.map { field in field.title + "=" + (0..<field.count).map { field.key($0).text ?? "-" }.joined(separator: ",") }.joined(separator: " ")
        }
    }

    @Test func mergingBringsTablesToOne() {
        let frames = [table("A", ["x", "y"], [1, 2], name: "Value #A"), table("B", ["y", "z"], [20, 30], name: "Value #B")]
        #expect(shown(Transformer.apply([.merge], to: frames)) == ["Time=1000,1000,1000 host=x,y,z Value #A=1,2,- Value #B=-,20,30"])
    }

    @Test func joiningByAFieldKeepsAllOrWhatBothHave() {
        let frames = [table("A", ["x", "y"], [1, 2], name: "a"), table("B", ["y", "z"], [20, 30], name: "b")]
        let all = Transformer.apply([.joinByField("host", isInner: false), .organize(excluded: ["Time"], order: [], renamed: [:], keepsOnly: false)], to: frames)
        #expect(shown(all) == ["host=x,y,z a=1,2,- b=-,20,30"])
        let titles = Transformer.apply([.joinByField("host", isInner: false)], to: frames)[0].fields.map(\.title)
        #expect(titles == ["host", "Time 1", "a", "Time 2", "b"])
        let both = Transformer.apply([.joinByField("host", isInner: true), .organize(excluded: ["Time"], order: [], renamed: [:], keepsOnly: false)], to: frames)
        #expect(shown(both) == ["host=y a=2 b=20"])
        let overTime = Transformer.apply([.joinByField("Time", isInner: false)], to: [series("p", [1, 3], [1, 3]), series("q", [2, 3], [20, 30])])
        #expect(shown(overTime) == ["Time=1,2,3 p=1,-,3 q=-,20,30"])
    }

    @Test func organizingDropsOrdersAndRenames() {
        let frames = Transformer.apply([.organize(excluded: ["Time"], order: ["Value", "host"], renamed: ["host": "Host"], keepsOnly: false)], to: [table("A", ["x"], [1])])
        #expect(shown(frames) == ["Value=1 Host=x"])
        #expect(shown(Transformer.apply([.organize(excluded: [], order: ["host"], renamed: [:], keepsOnly: true)], to: [table("A", ["x"], [1])])) == ["host=x"])
    }

    @Test func groupingReducesEachGroup() {
        let frames = Transformer.apply([.groupBy(["host": .group, "Value": .calculate([.sum, .max, .count])])], to: [table("A", ["x", "y", "x"], [1, 2, 5])])
        #expect(shown(frames) == ["host=x,y Value (sum)=6,2 Value (max)=5,2 Value (count)=2,1"])
    }

    @Test func aFieldIsCalculatedFromOthers() {
        let frame = DataFrame(fields: [DataField("a", .numbers([1, 2])), DataField("b", .numbers([4, 8]))])
        func last(_ calculation: Transformation.Calculation, _ alias: String = "") -> String { shown(Transformer.apply([.calculateField(calculation, alias: alias, replacesFields: true)], to: [frame]))[0] }
        #expect(last(.binary(.field("b"), .divide, .field("a"))) == "b / a=4,4")
        #expect(last(.binary(.field("a"), .multiply, .number(10)), "tenfold") == "tenfold=10,20")
        #expect(last(.reduceRow(.sum, fields: [])) == "Total=5,10")
        #expect(last(.reduceRow(.max, fields: ["a"])) == "Max=1,2")
        #expect(last(.binary(.field("b"), .power, .number(0.5))) == "b ^ 0.5=2,2.828427")
        #expect(last(.index) == "Row=0,1")
        let joined = Transformer.apply([.calculateField(.binary(.field("p"), .subtract, .field("q")), alias: "d", replacesFields: true)], to: [series("p", [1, 2], [5, 6]), series("q", [1, 2], [1, 1])])
        #expect(shown(joined) == ["Time=1,2 d=4,5"])
    }

    @Test func fieldsAndRowsAreFiltered() {
        let frame = table("A", ["x", "y", "z"], [1, .nan, 3])
        #expect(shown(Transformer.apply([.filterFieldsByName(include: ["host"], pattern: "^Val", exclude: [], excludePattern: "")], to: [frame])) == ["host=x,y,z Value=1,-,3"])
        #expect(shown(Transformer.apply([.filterFieldsByName(include: [], pattern: "", exclude: ["Time"], excludePattern: "/^host$/")], to: [frame])) == ["Value=1,-,3"])
        func rows(_ comparison: Transformation.Comparison, isExcluding: Bool = false, field: String = "Value") -> String? {
            let kept = Transformer.apply([.filterByValue([.init(field: field, comparison: comparison)], matchesAll: true, isExcluding: isExcluding)], to: [frame])
            return kept[0].fields[1].values.texts
        }
        #expect(rows(.greater(1)) == "z" && rows(.isNull) == "y" && rows(.greater(1), isExcluding: true) == "x,y" && rows(.between(1, 2)) == "x" && rows(.pattern("^[xz]$"), field: "host") == "x,z" && rows(.notEqual("3")) == "x,y")
        #expect(shown(Transformer.apply([.filterByRefID(pattern: "A|C")], to: [table("A", [], []), table("B", [], [])])).count == 1)
    }

    @Test func reducingMakesARowOfASeries() {
        let frames = [series("p", [1, 2], [1, 3]), series("q", [1, 2], [5, .nan])]
        #expect(shown(Transformer.apply([.reduce([.lastNotNull, .mean], keepsFields: false, labelsToFields: true)], to: frames)) == ["Field=p,q host=p,q Last *=3,5 Mean=2,5"])
        #expect(shown(Transformer.apply([.reduce([.max], keepsFields: true, labelsToFields: false)], to: frames)) == ["p=3", "q=5"])
    }

    @Test func rowsAreSortedAndCut() {
        let frame = table("A", ["h10", "h2", "h1"], [1, .nan, 3])
        #expect(Transformer.apply([.sortBy(field: "host", isDescending: false)], to: [frame])[0].fields[1].values.texts == "h1,h2,h10")
        #expect(Transformer.apply([.sortBy(field: "Value", isDescending: true), .limit(2)], to: [frame])[0].fields[1].values.texts == "h1,h10")
    }

    @Test func labelsBecomeFieldsAndNamesAreRewritten() {
        let frames = Transformer.apply([.labelsToFields(keep: [], valueLabel: nil)], to: [series("p", [1], [5]), series("q", [1], [6])])
        #expect(shown(frames) == ["Time=1,1 host=p,q Value=5,6"])
        #expect(shown(Transformer.apply([.renameByRegex(pattern: "^(.)(.*)$", replacement: "$2-$1")], to: [series("web", [1], [5])])) == ["Time=1 eb-w=5"])
        #expect(shown(Transformer.apply([.seriesToRows], to: [series("p", [1, 2], [5, 6])])) == ["Time=2,1 Metric=p,p Value=6,5"])
        #expect(shown(Transformer.apply([.append], to: [table("A", ["x"], [1]), table("B", ["y"], [2])])) == ["Time=1000,1000 host=x,y Value=1,2"])
        #expect(shown(Transformer.apply([.convert(field: "host", toNumber: true)], to: [table("A", ["7", "x"], [1, 2])])) == ["Time=1000,1000 host=7,- Value=1,2"])
    }

    @Test func rowsBecomeColumnsAndBack() {
        let frame = table("A", ["x", "y"], [1, 2])
        #expect(shown(Transformer.apply([.rowsToFields(name: "host", value: "Value")], to: [frame])) == ["x=1 y=2"])
        #expect(shown(Transformer.apply([.rowsToFields(name: "", value: "")], to: [frame])) == ["x=1 y=2"])
        #expect(shown(Transformer.apply([.organize(excluded: ["Time"], order: [], renamed: [:], keepsOnly: false), .transpose], to: [frame])) == ["host=Value x=1 y=2"])
        let wide = DataFrame(fields: [DataField("host", .texts(["x", "x", "y"])), DataField("disk", .texts(["a", "b", "b"])), DataField("Value", .numbers([1, 2, 3]))])
        #expect(shown(Transformer.apply([.groupingToMatrix(column: "disk", row: "host", value: "Value")], to: [wide])) == ["host\\disk=x,y a=1,- b=2,3"])
        #expect(shown(Transformer.apply([.partition(["host"])], to: [wide])) == ["disk=a,b x=1,2", "disk=b y=3"])
        #expect(shown(Transformer.apply([.concatenate], to: [table("A", ["x", "y"], [1, 2]), DataFrame(fields: [DataField("n", .numbers([7]))])])) == ["Time=1000,1000 host=x,y Value=1,2 n=7,-"])
    }

    @Test func seriesBecomeATableAndTextsAreTakenApart() {
        #expect(shown(Transformer.apply([.seriesToTable], to: [series("p", [1, 2], [5, 6]), series("q", [1, 2], [7, .nan])])) == ["host=p,q Trend #A=6,7"])
        let logs = DataFrame(fields: [DataField("Time", .times([1, 2])), DataField("line", .texts([#"{"level":"info","ms":12}"#, #"level=warn ms=7 user="x""#]))])
        #expect(shown(Transformer.apply([.extractFields(source: "line", keepsOnly: true)], to: [logs])) == ["Time=1,2 level=info,warn ms=12,7 user=-,x"])
        let paths = [ExtractedPath("a.b", title: "B"), ExtractedPath("n", title: ""), ExtractedPath("gone.too", title: "")]
        let nested = DataFrame(fields: [DataField("Time", .times([1, 2])), DataField("Line", .texts([#"{"a":{"b":"x"},"n":1,"z":3}"#, "no json"]))])
        #expect(shown(Transformer.apply([.extractFields(source: "Line", keepsOnly: true, paths: paths)], to: [nested])) == ["Time=1,2 B=x,- n=1,- gone.too=-,-"])
        let sources = DataFrame(fields: [DataField("Time", .times([1, 1, 2])), DataField("cpu", .numbers([1, 2, 3])), DataField("host", .texts(["a", "b", "a"]))])
        #expect(shown(Transformer.apply([.splitByTexts], to: [sources])) == ["Time=1,2 cpu a=1,3", "Time=1 cpu b=2"])
        #expect(shown(Transformer.apply([.splitByTexts], to: [series("p", [1], [5])])) == shown([series("p", [1], [5])]))
        let labels = ["a": "x \"\\\n\u{1}", "b": ""]
        let read = FieldExtraction.apply(DataFrame(fields: [DataField("labels", .texts([FieldExtraction.object(labels)]))]), source: "labels", keepsOnly: true)
        #expect(read.fields.map(\.name) == ["a", "b"] && read.fields[0].key(0).text == labels["a"])
        #expect(shown(Transformer.apply([.convertToTime(field: "n")], to: [DataFrame(fields: [DataField("n", .numbers([1000]))])])) == ["n=1000"])
        #expect(shown(Transformer.apply([.histogram(count: nil, width: 10)], to: [series("p", [1, 2, 3], [1, 2, 15])])) == ["Range=0 – 10,10 – 20 p=2,1"])
    }

    @Test func fieldsAreComputedAlongTheRows() {
        let frame = DataFrame(fields: [DataField("a", .numbers([1, -2, .nan, 4]))])
        func last(_ calculation: Transformation.Calculation) -> String { shown(Transformer.apply([.calculateField(calculation, alias: "c", replacesFields: true)], to: [frame]))[0] }
        #expect(last(.unary(.abs, field: "a")) == "c=1,2,-,4" && last(.cumulative(.sum, field: "a")) == "c=1,-1,-1,3" && last(.window(.sum, field: "a", rows: 2)) == "c=1,-1,-2,4")
    }

    @Test func theShortFormatHasAWordForEach() throws {
        let board = try Fixtures.yaml("""
            title: t
            panels:
              - title: p
                type: table
                query: up
                transform:
                  - {join: host, inner: true}
                  - {group: [host], calculate: {Value: [sum, max]}}
                  - {compute: {name: ratio, left: used, right: size}}
                  - {compute: {name: all, of: [a, b], calculation: mean}}
                  - {where: {field: ratio, above: 0.5, below: 2}}
                  - {where: {field: host, matches: '/^web/', exclude: true}}
                  - {reduce: [mean, p95], with_labels: true}
                  - {labels: [host], values_of: disk}
                  - {rename: {a: b}}
                  - {rename_pattern: '^x(.*)$', to: '$1'}
                  - {drop: [Time]}
                  - {keep_pattern: '/^V/'}
                  - {sort: -Value}
                  - {limit: 5}
                  - {convert: {n: time}}
                  - {matrix: {row: host, column: disk}}
                  - {rows_to_columns: {name: host, value: Value}}
                  - {split: [host]}
                  - {extract: line, only: true}
                  - {histogram: {count: 9}}
                  - {merge: true}
                  - {transpose: true}
                footer: sum
            """)
        #expect(board.panels[0].options.footer == .sum && board.panels[0].transformations == [
            .joinByField("host", isInner: true), .groupBy(["host": .group, "Value": .calculate([.sum, .max])]), .calculateField(.binary(.field("used"), .divide, .field("size")), alias: "ratio", replacesFields: false),
            .calculateField(.reduceRow(.mean, fields: ["a", "b"]), alias: "all", replacesFields: false),
            .filterByValue([.init(field: "ratio", comparison: .greater(0.5)), .init(field: "ratio", comparison: .lower(2))], matchesAll: true, isExcluding: false),
            .filterByValue([.init(field: "host", comparison: .pattern("/^web/"))], matchesAll: true, isExcluding: true), .reduce([.mean, .p95], keepsFields: false, labelsToFields: true),
            .labelsToFields(keep: ["host"], valueLabel: "disk"), .organize(excluded: [], order: [], renamed: ["a": "b"], keepsOnly: false), .renameByRegex(pattern: "^x(.*)$", replacement: "$1"),
            .organize(excluded: ["Time"], order: [], renamed: [:], keepsOnly: false), .filterFieldsByName(include: [], pattern: "/^V/", exclude: [], excludePattern: ""), .sortBy(field: "Value", isDescending: true),
            .limit(5), .convertToTime(field: "n"), .groupingToMatrix(column: "disk", row: "host", value: "Value"), .rowsToFields(name: "host", value: "Value"), .partition(["host"]),
            .extractFields(source: "line", keepsOnly: true), .histogram(count: 9, width: nil), .merge, .transpose,
        ])
    }

    @Test(arguments: [
        ("{grop: [a]}", "needs one of"), ("{merge: true, limit: 3}", "not 2 of them"), ("{where: {field: a}}", "needs a condition"), ("{reduce: [avrg]}", "isn't known"), ("{convert: {a: colour}}", "no type of a column"),
        ("{keep_pattern: '('}", "regular expression"), ("{compute: {left: a}}", "`right` is missing"), ("{limit: 3, inner: true}", "`inner` is no key"),
    ]) func aWrongStepIsNamed(step: String, wanted: String) {
        do {
            _ = try Fixtures.yaml("title: t\npanels:\n  - {title: p, query: up, transform: [\(step)]}")
            Issue.record("it was read")
        } catch {
            #expect("\(error)".contains(wanted), "\(error)")
        }
    }

    /// No transformation of any data traps, and columns of one table stay of one length.
    @Test(arguments: 0..<60) func anyOrderOfTransformationsHolds(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func frame(_ refID: String) -> DataFrame {
            let count = Int.random(in: 0...5, using: &random)
            return table(refID, (0..<count).map { _ in ["x", "y", "z"].randomElement(using: &random)! }, (0..<count).map { _ in Bool.random(using: &random) ? .nan : Double.random(in: -2...2, using: &random) })
        }
        let all: [Transformation] = [
            .merge, .joinByField("host", isInner: false), .joinByField("Time", isInner: true), .groupBy(["host": .group, "Value": .calculate([.mean, .last])]),
            .calculateField(.reduceRow(.mean, fields: []), alias: "m", replacesFields: false), .calculateField(.binary(.field("Value"), .divide, .number(0)), alias: "", replacesFields: false),
            .filterByValue([.init(field: "Value", comparison: .greater(0))], matchesAll: false, isExcluding: true), .sortBy(field: "Value", isDescending: true), .labelsToFields(keep: ["a"], valueLabel: "b"),
            .renameByRegex(pattern: "V(.*)", replacement: "$1"), .limit(2), .append, .seriesToRows, .organize(excluded: ["Time"], order: ["Value"], renamed: [:], keepsOnly: false),
            .filterFieldsByName(include: [], pattern: "^V|host", exclude: [], excludePattern: ""), .convert(field: "host", toNumber: true),
            .convertToTime(field: "Value"), .rowsToFields(name: "", value: ""), .groupingToMatrix(column: "host", row: "Time", value: "Value"), .partition(["host"]), .seriesToTable, .transpose,
            .extractFields(source: "", keepsOnly: true), .concatenate, .histogram(count: 3, width: nil), .calculateField(.window(.mean, field: "Value", rows: 3), alias: "", replacesFields: false),
        ]
        let chosen = (0..<5).map { _ in all.randomElement(using: &random)! }
        for result in Transformer.apply(chosen, to: [frame("A"), frame("B"), series("p", [1, 2], [1, .nan])]) {
            #expect(Set(result.fields.map(\.count)).count <= 1, "\(chosen)")
        }
    }
}

extension DataField.Values {
    fileprivate var texts: String? { if case .texts(let texts) = self { texts.map { $0 ?? "-" }.joined(separator: ",") } else { nil } }
}
