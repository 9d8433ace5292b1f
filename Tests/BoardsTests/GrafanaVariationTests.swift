import Foundations
import Settings
import Terminal
import TestSupport
import Testing

@testable import Boards

/// What files of fifteen years have in ways of their own; each here in the least that shows it.
@Suite struct GrafanaVariationTests {
    private func board(_ json: String) throws -> Board { try BoardFile.parse(Array(json.utf8), path: "x.json") }
    private func panels(_ json: String, beside: String = "") throws -> [Panel] { try board("{\"title\":\"t\"\(beside),\"panels\":[\(json)]}").panels }
    private func content(_ panel: Panel, _ series: [BoardSeries]) -> PanelContent {
        let now = Fixtures.now
        let builder = ContentBuilder(panel: panel, scope: VariableScope(), window: QueryWindow(from: now.advanced(byMilliseconds: -60_000), to: now, stepMilliseconds: 15_000), now: now)
        return builder.build(panel.queries.map { ($0, .series(series)) })
    }
    private func series(_ labels: [String: String], _ values: [Double]) -> BoardSeries {
        BoardSeries(labels: labels, times: values.indices.map { Fixtures.now.milliseconds - Int64(values.count - 1 - $0) * 15_000 }, values: values)
    }

    @Test(arguments: [
        #"{"panels":[{"type":"stat","title":"p"}],"title":"t"}"#, #"{"dashboard":{"panels":[{"type":"stat","title":"p"}],"title":"t"},"meta":{}}"#,
        #"{"apiVersion":"dashboard.grafana.app/v1beta1","kind":"Dashboard","spec":{"panels":[{"type":"stat","title":"p"}],"title":"t"}}"#,
        #"{"shop.json":{"rows":[{"panels":[{"type":"stat","title":"p","span":4}]}],"title":"t"}}"#,
    ]) func aDashboardIsFoundInItsEnvelope(json: String) throws {
        #expect(try board(json).title == "t" && board(json).panels.map(\.title) == ["p"] && BoardFile.isDashboard(Array(json.utf8)))
    }

    @Test func theSecondSchemaIsReadLikeTheFirst() throws {
        let json = """
            {"apiVersion":"dashboard.grafana.app/v2beta1","kind":"Dashboard","metadata":{"name":"x"},"spec":{"title":"Two","tags":["a"],"timeSettings":{"from":"now-6h","to":"now","autoRefresh":"30s"},
             "variables":[{"kind":"QueryVariable","spec":{"name":"host","multi":true,"includeAll":true,"sort":"alphabeticalAsc","hide":"dontHide","query":{"kind":"DataQuery","group":"prometheus","spec":{"query":"label_values(up, host)","refId":"A"}}}},
              {"kind":"CustomVariable","spec":{"name":"c","query":"x,y","hide":"hideVariable"}}],
             "elements":{"panel-1":{"kind":"Panel","spec":{"id":1,"title":"Load","data":{"kind":"QueryGroup","spec":{"queries":[{"kind":"PanelQuery","spec":{"refId":"A","hidden":false,"query":{"kind":"DataQuery","group":"prometheus","spec":{"expr":"load","legendFormat":"{{host}}"}}}}],
               "transformations":[{"kind":"Transformation","group":"limit","spec":{"options":{"limitField":3}}}],"queryOptions":{"timeFrom":"1h"}}},"vizConfig":{"kind":"VizConfig","group":"timeseries","spec":{"fieldConfig":{"defaults":{"unit":"bytes"},"overrides":[]}}}}},
              "panel-2":{"kind":"Panel","spec":{"id":2,"title":"Older","data":{"kind":"QueryGroup","spec":{"queries":[{"kind":"PanelQuery","spec":{"refId":"A","query":{"kind":"loki","spec":{"expr":"{a=\\"b\\"}"}}}}]}},"vizConfig":{"kind":"logs","spec":{}}}}},
             "layout":{"kind":"RowsLayout","spec":{"rows":[{"kind":"RowsLayoutRow","spec":{"title":"First","collapse":false,"layout":{"kind":"GridLayout","spec":{"items":[{"kind":"GridLayoutItem","spec":{"x":12,"y":0,"width":6,"height":5,"element":{"kind":"ElementReference","name":"panel-1"},"repeat":{"mode":"variable","value":"host"}}}]}}}},
              {"kind":"RowsLayoutRow","spec":{"title":"Second","collapse":true,"layout":{"kind":"AutoGridLayout","spec":{"maxColumnCount":2,"items":[{"kind":"AutoGridLayoutItem","spec":{"element":{"kind":"ElementReference","name":"panel-2"}}}]}}}}]}}}}
            """
        let read = try board(json)
        #expect(read.title == "Two" && read.range == .last(milliseconds: 21_600_000) && read.refreshSeconds == 30 && read.notices.isEmpty)
        #expect(read.panels.map(\.title) == ["First", "Load", "Second"] && read.panels[2].isCollapsed && read.panels[2].rowPanels.map(\.kind) == [.logs])
        let load = read.panels[1]
        #expect(load.position == GridPosition(x: 12, y: 1, width: 6, height: 5) && load.settings.unit == "bytes" && load.queries.map(\.expression) == ["load"] && load.repeating?.variable == "host")
        #expect(load.transformations == [.limit(3)] && load.timeFromMilliseconds == 3_600_000 && read.panels[2].rowPanels[0].queries[0].language == .logQL)
        #expect(read.variables.map(\.kind) == [.query(.labelValues(selector: "up", label: "host")), .custom] && read.variables[0].sort == .text && read.variables[1].isHidden && read.variables[1].options.count == 2)
    }

    @Test func libraryPanelsAreTakenFromTheExport() throws {
        let beside = #","__elements":{"lib1":{"name":"n","kind":1,"model":{"type":"gauge","title":"Shared","targets":[{"expr":"up"}]}}}"#
        let read = try panels(#"{"id":3,"gridPos":{"x":6,"y":0,"w":6,"h":4},"libraryPanel":{"uid":"lib1","name":"n"}},{"libraryPanel":{"uid":"x","model":{"type":"stat","title":"Inline","targets":[{"expr":"up"}]}}}"#, beside: beside)
        #expect(read.map(\.kind) == [.gauge, .stat] && read.map(\.title) == ["Shared", "Inline"] && read[0].position.x == 6 && read[0].queries.count == 1)
    }

    @Test func theOnlyValueOfATableAnswersToItsOlderName() throws {
        let panel = try panels(##"{"type":"stat","title":"a","options":{"reduceOptions":{"calcs":["lastNotNull"],"fields":"/^Value \\#A$/"}},"targets":[{"expr":"up","format":"table","instant":true,"refId":"A"}]}"##)[0]
        guard case .values(let items, _) = content(panel, [series(["host": "a"], [3])]) else { Issue.record("it is something else"); return }
        #expect(items.map(\.shown.text) == ["3"])
    }

    @Test func aLegendOfLabelsThatASeriesLacksGivesWayToItsOwn() throws {
        let panel = try panels(#"{"type":"timeseries","title":"a","targets":[{"expr":"io","legendFormat":"{{ input }}"}]}"#)[0]
        guard case .chart(let chart) = content(panel, [series(["__name__": "io", "way": "in"], [1, 2]), series(["__name__": "io", "way": "out"], [2, 3])]) else { Issue.record("it is something else"); return }
        #expect(chart.lines.map(\.name) == ["in", "out"])
    }

    @Test(arguments: [("bytes", 9.985e9, 10.0e9), ("bytes", 9.9851e9, 9.9852e9), ("short", 1_000_000.0, 1_000_004.0), ("percentunit", 0.9990, 0.9992), ("s", 86_400.0, 86_460.0)])
    func labelsOfAnAxisAreToldApart(unit: String, least: Double, most: Double) throws {
        let panel = try panels("{\"type\":\"timeseries\",\"title\":\"a\",\"fieldConfig\":{\"defaults\":{\"unit\":\"\(unit)\"}},\"targets\":[{\"expr\":\"x\"}]}")[0]
        guard case .chart(let chart) = content(panel, [series([:], [least, most])]) else { Issue.record("it is something else"); return }
        let texts = AxisTicks.axis(chart.left, isStacked: false, rows: 12).labels.map(\.text.string)
        #expect(texts.count >= 2 && Set(texts).count == texts.count, "\(texts)")
    }

    @Test func aQueryBringsTheMaximumAndTheThresholdOfAnother() throws {
        let json = #"""
            {"type":"gauge","title":"a","targets":[{"expr":"used","refId":"A","format":"table"},{"expr":"limit","refId":"B","format":"table"}],
             "transformations":[{"id":"configFromData","options":{"configRefId":"B","mappings":[{"fieldName":"Value #B","handlerKey":"max"},
              {"fieldName":"Value #B","handlerKey":"threshold1","handlerArguments":{"threshold":{"color":"orange"}},"reducerId":"first"},{"fieldName":"host","handlerKey":"displayName"},{"fieldName":"x","handlerKey":"colour"}]}}]}
            """#
        let board = try board("{\"title\":\"t\",\"panels\":[\(json)]}")
        #expect(board.notices.map(\.reason) == ["`colour` of configFromData isn't supported"])
        let panel = board.panels[0]
        let now = Fixtures.now
        let builder = ContentBuilder(panel: panel, scope: VariableScope(), window: QueryWindow(from: now.advanced(byMilliseconds: -60_000), to: now, stepMilliseconds: 15_000), now: now)
        let built = builder.build([(panel.queries[0], .series([series([:], [30])])), (panel.queries[1], .series([series(["host": "db1"], [20, 40])]))])
        guard case .values(let items, .gauge) = built else { Issue.record("it is something else"); return }
        #expect(items.map(\.name) == ["db1"] && items.map(\.shown) == [ShownValue(text: "30", tone: .warning)] && items.map(\.fraction) == [0.75])
    }

    @Test(arguments: [("<b>Queue</b><br>of mail", 0), ("<p>Load</p><img src='x.png'>", 1), ("# Markdown", 0)])
    func onlyPicturesOfATextAreMissing(text: String, notices: Int) throws {
        #expect(try board("{\"title\":\"t\",\"panels\":[{\"type\":\"text\",\"title\":\"a\",\"options\":{\"mode\":\"html\",\"content\":\"\(text)\"}}]}").notices.count == notices)
    }

    @Test(arguments: 0..<100 as Range<UInt64>) func titlesOfColumnsAreCutNoMoreThanNeeded(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let least = (0..<Int.random(in: 1...9, using: &random)).map { _ in Int.random(in: 1...12, using: &random) }
        let wanted = least.map { $0 + Int.random(in: 0...20, using: &random) }
        let width = Int.random(in: 1...200, using: &random)
        let fitted = TableDrawing.fitted(wanted, least, width: width)
        #expect(zip(fitted, zip(least, wanted)).allSatisfy { ($1.0...$1.1).contains($0) })
        let sum = fitted.reduce(0, +)
        if least.reduce(0, +) > width { #expect(fitted == least) } else { #expect(sum <= width) }
        let others = (0...40).map { bound in zip(wanted, least).reduce(0) { $0 + max($1.1, min($1.0, bound)) } }
        #expect(others.allSatisfy { $0 > width || $0 <= sum })
    }

    @Test func copiesOfRepeatedPanelsAreMadeAnew() throws {
        let read = try panels(#"{"id":1,"type":"stat","title":"a","repeat":"host","targets":[{"expr":"up"}]},{"id":2,"type":"stat","title":"a","repeatPanelId":1,"scopedVars":{},"targets":[{"expr":"up"}]}"#)
        #expect(read.map(\.identifier) == [1])
    }

    @Test func aPanelShowsTheAnswersOfAnother() throws {
        let read = try panels(#"{"id":1,"type":"timeseries","title":"a","targets":[{"expr":"up","refId":"A"}]},{"id":2,"type":"stat","title":"b","datasource":{"type":"datasource","uid":"-- Dashboard --"},"targets":[{"panelId":1,"refId":"A","datasource":{"type":"datasource","uid":"-- Dashboard --"}}]}"#)
        #expect(read[1].queries.map(\.expression) == ["up"])
    }

    @Test func whatAVariableOrAnInputStandsForSaysTheLanguage() throws {
        let beside = #","__inputs":[{"name":"DS_LOGS","type":"datasource","pluginId":"loki"}],"templating":{"list":[{"type":"datasource","name":"store","query":"loki"},{"type":"datasource","name":"prom","query":"prometheus"}]}"#
        let read = try panels(#"{"type":"timeseries","datasource":"$store","targets":[{"expr":"a"}]},{"type":"timeseries","datasource":{"uid":"${DS_LOGS}"},"targets":[{"expr":"b"}]},{"type":"timeseries","datasource":{"uid":"${prom}"},"targets":[{"expr":"c"}]}"#, beside: beside)
        #expect(read.map { $0.queries[0].language } == [.logQL, .logQL, .promQL])
    }

    @Test(arguments: [
        ("polystat", #""type":"grafana-polystat-panel","polystat":{"globalUnitFormat":"percent","globalOperatorName":"max","globalThresholds":[{"value":0,"state":0},{"value":50,"state":1},{"value":90,"state":2}]}"#),
        ("polystat of today", #""type":"grafana-polystat-panel","options":{"globalUnitFormat":"percent","globalOperator":"max","globalThresholdsConfig":[{"value":0,"state":0},{"value":50,"state":1},{"value":90,"state":2}]}"#),
    ]) func aPolystatIsTiles(name: String, json: String) throws {
        let panel = try panels("{\(json),\"targets\":[{\"expr\":\"x\",\"legendFormat\":\"{{host}}\"}]}")[0]
        #expect(panel.kind == .tiles && panel.settings.unit == "percent" && panel.options.calculation == .max)
        guard case .values(let items, .tiles) = content(panel, [series(["host": "a"], [95, 10]), series(["host": "b"], [1, 60]), series(["host": "c"], [1, 2])]) else { Issue.record("it is something else"); return }
        #expect(items.map(\.shown) == [ShownValue(text: "95%", tone: .critical), ShownValue(text: "60%", tone: .warning), ShownValue(text: "2%", tone: .good)])
    }

    @Test func aHistogramCountsValues() throws {
        let panel = try panels(#"{"type":"histogram","options":{"bucketSize":10},"targets":[{"expr":"x"}]}"#)[0]
        guard case .values(let items, .bars) = content(panel, [series([:], [1, 2, 11, 25]), series(["a": "b"], [9, 29])]) else { Issue.record("it is something else"); return }
        #expect(items.map(\.name) == ["0 – 10", "10 – 20", "20 – 30"] && items.map(\.value) == [3, 1, 2] && items.map(\.fraction) == [1, 1 / 3, 2 / 3])
        let graph = try panels(#"{"type":"graph","xaxis":{"mode":"histogram","buckets":4},"targets":[{"expr":"x"}]}"#)[0]
        #expect(graph.kind == .histogram && graph.options.bucketCount == 4)
    }

    @Test func valuesOfAnySizeAreCounted() throws {
        for values in [[-1e308, 1e308], [.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0], [.leastNonzeroMagnitude, .leastNormalMagnitude], [5], [0, 0]] as [[Double]] {
            for width in [nil, 1e-300, 10, 1e300] as [Double?] {
                let ranges = HistogramRanges(low: values.min()!, high: values.max()!, count: 12, width: width)
                #expect(values.allSatisfy { (0..<ranges.count).contains(ranges.place($0)) }, "\(values) \(String(describing: width))")
            }
        }
        let endless = ChartContent.Axis(min: nil, max: .infinity, format: ValueText(unit: nil), least: 0, most: 1, logarithmBase: 10)
        #expect(AxisTicks.axis(endless, isStacked: false, rows: 10).labels.isEmpty)
        #expect(try board(#"{"elements":{"a":{"kind":"Panel","spec":{}}},"layout":{"kind":"GridLayout","spec":{"items":[{"kind":"GridLayoutItem","spec":{"y":9e18,"height":9e18,"element":{"name":"a"}}},{"kind":"GridLayoutItem","spec":{"y":9e18,"element":{"name":"a"}}}]}}}"#).panels.count == 2)
    }

    @Test func bucketsThatAreStoredAreTakenApart() throws {
        let panel = try panels(#"{"type":"histogram","targets":[{"expr":"x","format":"heatmap"}]}"#)[0]
        guard case .values(let items, .bars) = content(panel, [series(["le": "+Inf"], [9]), series(["le": "0.5"], [2]), series(["le": "1"], [7])]) else { Issue.record("it is something else"); return }
        #expect(items.map(\.name) == ["≤ 0.5", "≤ 1", "≤ ∞"] && items.map(\.value) == [2, 5, 2])
    }

    @Test func theFirstStyleThatFitsAColumnCountsAlone() throws {
        let panel = try panels(#"{"type":"table-old","styles":[{"pattern":"Time","type":"hidden"},{"pattern":"host","type":"string","alias":"Host"},{"pattern":"/.*/","type":"number","unit":"bytes","alias":"rest"}],"targets":[{"expr":"x","format":"table","instant":true}]}"#)[0]
        guard case .table(let table) = content(panel, [series(["host": "a"], [1024])]) else { Issue.record("it is something else"); return }
        #expect(table.columns.map(\.title) == ["Host", "rest"] && table.rows.map { $0.map(\.shown.text) } == [["a", "1 KiB"]])
    }

    @Test func overridesOfAllButSomeHideTheOthers() throws {
        let panel = try panels(#"{"type":"timeseries","fieldConfig":{"defaults":{},"overrides":[{"matcher":{"id":"byNames","options":{"mode":"exclude","names":["b"],"prefix":"All except:","readOnly":true}},"properties":[{"id":"custom.hideFrom","value":{"viz":true,"legend":false,"tooltip":false}}]}]},"targets":[{"expr":"x","legendFormat":"{{n}}"}]}"#)[0]
        guard case .chart(let chart) = content(panel, ["a", "b", "c"].map { series(["n": $0], [1, 2]) }) else { Issue.record("it is something else"); return }
        #expect(chart.lines.map(\.name) == ["b"])
    }

    @Test func overridesByValueFitFieldsByWhatTheyHold() throws {
        let panel = try panels(#"{"type":"timeseries","fieldConfig":{"defaults":{},"overrides":[{"matcher":{"id":"byValue","options":{"reducer":"allIsZero","op":"gte","value":1}},"properties":[{"id":"custom.hideFrom","value":{"viz":true}}]}]},"targets":[{"expr":"x","legendFormat":"{{n}}"}]}"#)[0]
        guard case .chart(let chart) = content(panel, [series(["n": "a"], [0, 0]), series(["n": "b"], [0, 2])]) else { Issue.record("it is something else"); return }
        #expect(chart.lines.map(\.name) == ["b"])
    }

    /// Files have the usual thresholds (red from 80) also where a colour is fixed or from a palette.
    @Test(arguments: [("thresholds", Tone.critical), ("fixed", .neutral), ("palette-classic", .neutral)]) func onlyColoursOfThresholdsAreStates(mode: String, wanted: Tone) throws {
        let panel = try panels(#"{"type":"stat","fieldConfig":{"defaults":{"color":{"mode":"\#(mode)","fixedColor":"blue"},"thresholds":{"mode":"absolute","steps":[{"color":"green","value":null},{"color":"red","value":80}]}}},"targets":[{"expr":"x"}]}"#)[0]
        guard case .values(let items, _) = content(panel, [series([:], [99])]) else { Issue.record("it is something else"); return }
        #expect(items.map(\.shown.tone) == [wanted])
    }

    @Test func panelsThatStandOnEachOtherAreMovedApart() throws {
        let read = try board(#"{"title":"t","panels":[{"type":"stat","title":"a","gridPos":{"x":0,"y":0,"w":12,"h":6}},{"type":"stat","title":"b","gridPos":{"x":6,"y":3,"w":12,"h":4}},{"type":"stat","title":"c","gridPos":{"x":0,"y":40,"w":6,"h":2}}]}"#)
        let placed = BoardExpansion(board: read, choices: VariableChoices([]), toggled: []).sections()[0].panels
        #expect(placed.map(\.position.y) == [0, 6, 6])
    }

    @Test func anOldTableIsSortedByAColumnThatMayBeHidden() throws {
        let panel = try panels(#"{"type":"table-old","sort":{"col":2,"desc":true},"styles":[{"pattern":"Time","type":"hidden"}],"targets":[{"expr":"x","format":"table","instant":true}]}"#)[0]
        guard case .table(let table) = content(panel, [series(["host": "a"], [1]), series(["host": "b"], [7]), series(["host": "c"], [3])]) else { Issue.record("it is something else"); return }
        #expect(table.rows.map { $0[0].shown.text } == ["b", "c", "a"])
    }

    @Test func aTableOfARangeIsGroupedOverAllOfItsRows() throws {
        let panel = try panels(#"{"type":"table","transformations":[{"id":"groupBy","options":{"fields":{"host":{"operation":"groupby"},"Value":{"operation":"aggregate","aggregations":["max"]}}}}],"targets":[{"expr":"x","format":"table"}]}"#)[0]
        let many = (0..<40).map { index in series(["host": "h\(index)"], Array(repeating: Double(index), count: 100)) }
        guard case .table(let table) = content(panel, many) else { Issue.record("it is something else"); return }
        #expect(table.rows.count == 40 && table.rows.last?.map(\.shown.text) == ["h39", "39"])
    }

    @Test func aFooterSumsColumnsOfNumbers() throws {
        let panel = try panels(#"{"type":"table","options":{"footer":{"show":true,"reducer":["sum"],"fields":""}},"fieldConfig":{"defaults":{"unit":"bytes"}},"transformations":[{"id":"organize","options":{"excludeByName":{"Time":true}}}],"targets":[{"expr":"x","format":"table","instant":true}]}"#)[0]
        guard case .table(let table) = content(panel, [series(["host": "a"], [1024]), series(["host": "b"], [1024])]) else { Issue.record("it is something else"); return }
        #expect(table.footer?.map(\.shown.text) == ["total", "2 KiB"])
        var buffer = Buffer(Size(columns: 24, rows: 6))
        TableDrawing(theme: Theme(capabilities: Fixtures.rgb)).render(table, in: buffer.bounds, to: &buffer)
        let lines = PlainFrame.text(of: buffer).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[5].contains("total") && lines[5].contains("2 KiB") && lines[2].contains("1 KiB"))
    }

    @Test func alertsAreAskedOfTheirSeries() throws {
        let panel = try panels(#"{"type":"alertlist","options":{"alertName":"Disk","alertInstanceLabelFilter":"{severity=\"critical\"}","stateFilter":{"firing":true,"pending":true},"maxItems":5}}"#)[0]
        #expect(panel.queries.map(\.expression) == [#"ALERTS{alertstate=~"firing|pending",alertname=~".*Disk.*",severity="critical"}"#] && panel.transformations.last == .limit(5))
    }

    @Test func aPanelOfWhichNothingCanBeAskedIsAPlaceholder() throws {
        let read = try board(#"{"title":"t","panels":[{"type":"timeseries","title":"sql","targets":[{"rawSql":"select 1","datasource":{"type":"mysql"},"refId":"A"}]},{"type":"timeseries","title":"both","targets":[{"rawSql":"select 1","datasource":{"type":"mysql"}},{"expr":"up"}]}]}"#)
        #expect(read.notices.map { "\($0.severity) \($0.panel ?? "")" } == ["placeholder sql", "partial both"] && read.panels.map(\.kind.isSupported) == [false, true])
    }

    @Test func aLogarithmicAxisHasItsPowers() throws {
        let panel = try panels(#"{"type":"timeseries","fieldConfig":{"defaults":{"custom":{"scaleDistribution":{"type":"log","log":10}}}},"targets":[{"expr":"x"}]}"#)[0]
        guard case .chart(let chart) = content(panel, [series([:], [0, 1, 100, 10_000])]) else { Issue.record("it is something else"); return }
        let axis = AxisTicks.axis(chart.left, isStacked: false, rows: 20)
        #expect(axis.range == 0...4 && axis.labels.map(\.text.string) == ["1", "10", "100", "1000", "10000"])
        #expect(AxisTicks.scaled(0, 10).isNaN && AxisTicks.scaled(100, 10) == 2 && AxisTicks.scaled(7, 1) == 7)
        #expect(try panels(#"{"type":"graph","yaxes":[{"logBase":2},{}],"targets":[{"expr":"x"}]}"#)[0].settings.logarithmBase == 2)
    }

    @Test func seriesWithoutALegendHaveTheLabelsThatTellThemApart() throws {
        func names(_ all: [BoardSeries], legend: String = "__auto", overrides: String = "") throws -> [String] {
            let panel = try panels("{\"type\":\"timeseries\",\"fieldConfig\":{\"defaults\":{},\"overrides\":[\(overrides)]},\"targets\":[{\"expr\":\"sum(x)\",\"legendFormat\":\"\(legend)\"}]}")[0]
            guard case .chart(let chart) = content(panel, all) else { return [] }
            return chart.lines.map(\.name)
        }
        #expect(try names([series(["host": "a"], [1]), series(["host": "b"], [1])]) == ["a", "b"])
        #expect(try names([series(["__name__": "up", "host": "a", "job": "n"], [1]), series(["__name__": "up", "host": "b", "job": "n"], [1])]) == ["a", "b"])
        #expect(try names([series(["host": "a", "cpu": "0", "job": "n"], [1]), series(["host": "b", "cpu": "1", "job": "n"], [1])]) == [#"{cpu="0", host="a"}"#, #"{cpu="1", host="b"}"#])
        #expect(try names([series([:], [1])]) == ["sum(x)"] && names([series(["__name__": "up", "host": "a", "job": "n"], [1])]) == [#"up{host="a", job="n"}"#])
        #expect(try names([series(["host": "a"], [1])], legend: "{{host}}!") == ["a!"])
        let renaming = #"{"matcher":{"id":"byName","options":"a"},"properties":[{"id":"displayName","value":"Host A"}]}"#
        #expect(try names([series(["host": "a"], [1]), series(["host": "b"], [1])], overrides: renaming) == ["Host A", "b"])
    }

    @Test func queriesAreFilledAsTheyWouldBeAsked() throws {
        let beside = #","templating":{"list":[{"name":"m","type":"query","query":"metrics(x)"},{"name":"h","type":"query","query":"label_values(h)","multi":true,"includeAll":true,"current":{"value":["$__all"]}},{"name":"i","type":"interval","query":"1m,5m"}]}"#
        let read = try board("{\"title\":\"t\",\"panels\":[{\"type\":\"stat\",\"title\":\"p\",\"targets\":[{\"expr\":\"rate($m{h=~\\\"$h\\\"}[$i]) + $gone\"}]}]\(beside)}")
        #expect(read.filledQueries(now: Fixtures.now).map(\.text) == [#"rate(x{h=~"x"}[1m]) + $gone"#])
    }

    /// Answers with lines of JSON, the newest first; a query for numbers isn't asked for here.
    private struct LineSource: BoardSource {
        func answer(_ request: BoardRequest) async throws -> BoardAnswer {
            guard case .logs(let query, _, let to, let limit) = request else { throw BoardSourceError.refused(reason: "numbers were asked for") }
            #expect(query == #"{app="x"} | json"# && limit == Limits.lineRows)
            return .lines((0..<6).map { index in
                let line = #"{"telemetry":{"source":"w\#(index % 2)","value":\#(10 - index)},"time":"t\#(index)"}"#
                return BoardLogLine(timestamp: to.advanced(byMilliseconds: -Int64(index) * 60_000).nanos, level: "info", labels: ["app": "x"], line: line)
            })
        }
    }

    @Test func linesAreRowsOfPanelsThatShowNoLogs() async throws {
        let target = #""datasource":{"type":"loki","uid":"L"},"targets":[{"refId":"A","expr":"{app=\"x\"} | json"}]"#
        let paths = #"[{"path":"telemetry.source","alias":"Source"},{"path":"telemetry.value","alias":"CPU"}]"#
        let extract = "{\"id\":\"extractFields\",\"options\":{\"source\":\"Line\",\"format\":\"json\",\"replace\":true,\"keepTime\":true,\"jsonPaths\":\(paths)}}"
        let read = try board("{\"title\":\"t\",\"panels\":[" + [
            "{\"id\":1,\"type\":\"table\",\"title\":\"plain\",\(target)}", "{\"id\":2,\"type\":\"table\",\"title\":\"taken apart\",\(target),\"transformations\":[\(extract)]}",
            "{\"id\":3,\"type\":\"timeseries\",\"title\":\"chart\",\(target),\"transformations\":[\(extract),{\"id\":\"prepareTimeSeries\",\"options\":{\"format\":\"multi\"}}]}",
            "{\"id\":4,\"type\":\"stat\",\"title\":\"figure\",\"datasource\":{\"uid\":\"L\"},\(target.dropFirst(39)),\"transformations\":[\(extract)]}",
        ].joined(separator: ",") + "]}")
        #expect(read.notices.isEmpty && read.panels.allSatisfy { $0.queries.map(\.language) == [.logQL] }, "\(read.notices)")
        let view = await Fixtures.view(read, Size(columns: 160, rows: 60), source: LineSource())
        let contents = view.layout.panels.map { view.results[$0.instance.key]?.content }
        guard case .table(let plain)? = contents[0], case .table(let apart)? = contents[1], case .chart(let chart)? = contents[2], case .values(let figures, _)? = contents[3] else {
            return #expect(Bool(false), "\(contents)")
        }
        #expect(plain.columns.map(\.title) == ["Time", "Line", "labels"] && plain.rows.count == 6 && plain.rows[5][2].shown.text == #"{"app":"x"}"#)
        #expect(apart.columns.map(\.title) == ["Time", "Source", "CPU"] && apart.rows.map { $0[2].shown.text } == ["5", "6", "7", "8", "9", "10"])
        #expect(chart.lines.map(\.name) == ["CPU w1", "CPU w0"] && chart.lines.map { line in line.values.filter { !$0.isNaN } } == [[5, 7, 9], [6, 8, 10]])
        #expect(figures.map(\.value) == [10])
    }

    @Test func queriesOfBothLanguagesAreChecked() throws {
        let folder = TemporaryDirectory("checked")
        let path = folder.path("checked.json")
        let panels = [
            ("timeseries", "prometheus", "sum(rate(up[5m])", "parse error"), ("timeseries", "loki", "sum(rate({app=\\\"x\\\"}[$__auto]))", nil), ("timeseries", "loki", "sum(rate({app=\\\"x\\\"} |= [1m]))", "line 1, col 23"),
            ("timeseries", "loki", "{app=\\\"x\\\"}", "lines are no numbers"), ("table", "loki", "{app=\\\"x\\\"} | json", nil), ("table", "loki", "{app=\\\"x\\\"} | jso", "line 1"), ("logs", "loki", "{app=\\\"x\\\"} | json | level=\\\"error\\\"", nil), ("logs", "loki", "rate({app=\\\"x\\\"}[1m])", "gives numbers"), ("logs", "loki", "two words", "line 1, col 1"),
        ] as [(String, String, String, String?)]
        let text = panels.enumerated().map { index, panel in
            "{\"type\":\"\(panel.0)\",\"title\":\"p\(index)\",\"datasource\":{\"type\":\"\(panel.1)\"},\"targets\":[{\"refId\":\"A\",\"expr\":\"\(panel.2)\"}]}"
        }.joined(separator: ",\n")
        let inputs = #""__inputs":[{"name":"DS_LOKI","type":"datasource","pluginId":"loki"},{"name":"VAR_X","type":"constant","value":"y"}]"#
        let list = #""templating":{"list":[{"type":"constant","name":"c","query":"${VAR_X}"}]}"#
        try RealFileSystem().replace(path, with: Array("{\"title\":\"t\",\(inputs),\(list),\"panels\":[\n\(text)]}".utf8))
        let check = BoardCheck(path)
        #expect(check.problems.isEmpty && check.variables == 1 && check.inPart == 6, "\(check.text)")
        for (index, panel) in panels.enumerated() {
            let found = check.notices.filter { $0.panel == "p\(index)" }
            #expect(found.count == (panel.3 == nil ? 0 : 1) && found.allSatisfy { $0.line == index + 2 && $0.reason.hasPrefix("query A can't be asked: ") && $0.reason.contains(panel.3!) }, "\(found)")
        }
        // In files of ours logs are searched as people search them, too.
        let short = folder.path("short.yml")
        try RealFileSystem().replace(short, with: Array("title: t\npanels:\n  - {title: a, type: logs, query: two words, logs: true}\n  - {title: b, type: logs, query: 'error | by 5m', logs: true}".utf8))
        #expect(BoardCheck(short).notices.map(\.panel) == ["b"], "\(BoardCheck(short).text)")
    }

    @Test(arguments: [
        ("<h2>Help</h2>\n<p>Call <b>me</b>&nbsp;&amp; wait</p>", "# Help\nCall me & wait\n"), ("a<br/>b<ul><li>one</li><li>two</li></ul>", "a\nb\n- one\n- two\n"), ("<style>p { x }</style><!-- no > --> a < b &#39;c&#x27; &unknown;", " a < b 'c' &unknown;"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a  b  \n"), ("<script>alert(1)", ""), ("<a <b <c>d", "<a <b d"), ("no markup", "no markup"), ("<", "<"),
    ]) func markupBecomesLines(markup: String, wanted: String) { #expect(MarkupText.markdown(markup) == wanted) }

    @Test func datesAreWrittenByTheirPattern() {
        var scope = VariableScope()
        scope.set("__from", "1800000000000")
        #expect(Interpolation.fill("${__from:date:YYYY-MM-DD HH:mm} ${__from:date:seconds}", scope, for: .text) == "2027-01-15 08:00 1800000000")
    }

    @Test func aVariableWithoutAQueryKeepsWhatWasStored() throws {
        let read = try board(#"{"title":"t","panels":[],"templating":{"list":[{"type":"query","name":"v","query":"","options":[{"text":"one","value":"1"}],"current":{"text":"one","value":"1"}}]}}"#)
        #expect(read.variables[0].kind == .custom && read.variables[0].options == [VariableValue(text: "one", value: "1")] && read.notices.isEmpty)
    }
}
