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
