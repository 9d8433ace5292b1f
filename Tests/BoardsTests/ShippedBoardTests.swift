import Foundations
import PromQL
import Terminal
import Testing

@testable import Boards
@testable import LogQL

/// The project's folder.
private let root = Paths.directory(of: Paths.directory(of: Paths.directory(of: #filePath)))
private let shipped = BoardLibrary.paths([Paths.join(root, "Dashboards/*.yml")])

/// The dashboards that come with the product.
@Suite struct ShippedBoardTests {
    @Test func thereIsOneForHostsNightjarLogsAndEachRulePack() {
        let names = Set(shipped.map { String(Paths.name(of: $0).dropLast(4)) })
        let packs = BoardLibrary.paths([Paths.join(root, "AlertRules/*.yml")]).map { String(Paths.name(of: $0).dropLast(4)) }
        let shared = ["host": "hosts", "nightjar-agent": "nightjar", "nightjar-collector": "nightjar", "security-logs": "security", "watchdog": "nightjar"]
        #expect(packs.count > 20)
        #expect(packs.filter { !names.contains(shared[$0] ?? $0) } == [])
        #expect(names.isSuperset(of: ["hosts", "nightjar", "logs"]))
    }

    @Test(arguments: shipped) func everyPanelIsDrawnAndEveryQueryCanBeParsed(_ path: String) throws {
        let check = BoardCheck(path)
        #expect(check.problems.map(\.description) == [])
        #expect(check.isWhole && check.panels > 3 && check.supported == check.panels, "\(check.text)")
        let board = try BoardFile.load(path)
        let choices = VariableChoices(board.variables)
        var scope = VariableScope(choices, range: board.range, now: Fixtures.now)
        scope.setStep(milliseconds: 15_000)
        var faults: [String] = []
        for panel in board.panels {
            for query in panel.queries {
                let text = Interpolation.fill(query.expression, scope, for: query.language == .promQL ? .promQL : .logQL)
                do {
                    if query.language == .promQL { _ = try PromQLParser.parse(text) } else { _ = try Parser.parse(text) }
                } catch {
                    faults.append("\(panel.title): \(error)")
                }
                if text.contains("$") { faults.append("\(panel.title): a variable isn't known: \(text)") }
            }
        }
        for variable in board.variables {
            guard case .query(let query) = variable.kind else { continue }
            if case .labelValues(let selector, _) = query, !selector.isEmpty {
                do { _ = try PromQLParser.parseSelector(Interpolation.fill(selector, scope, for: .promQL)) } catch { faults.append("\(variable.name): \(error)") }
            }
        }
        #expect(faults == [])
    }

    @Test(arguments: shipped) func eachDrawsAtEverySize(_ path: String) async throws {
        let board = try BoardFile.load(path)
        for size in [Size(columns: 60, rows: 15), Size(columns: 80, rows: 24), Size(columns: 200, rows: 60)] {
            let view = await Fixtures.view(board, size)
            let text = Fixtures.draw(view).text
            #expect(!text.contains("aren't drawn") && text.contains(board.title))
        }
    }
}
