import Foundations
import Model

/// All tenants of a collector. They are known at its start: no request makes one.
final class Tenants: Sendable {
    /// The default tenant, which the collector's own metrics and the rules belong to.
    let standard: Tenant
    /// By name, the default one first.
    let all: [Tenant]
    private let byName: [TenantName: Tenant]

    /// The first of a name counts.
    init(standard: Tenant, others: [Tenant] = []) {
        self.standard = standard
        all = [standard] + others.sorted { $0.name < $1.name }
        byName = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Opens the stores of all, in turn; where one can't be opened, closes those that were and throws.
    static func open(
        _ standard: TenantOptions, _ others: [TenantOptions], dataDirectory: String, fileSystem: any FileSystem, clock: any WallClock
    ) async throws(CollectorError) -> Tenants {
        var opened: [Tenant] = []
        do throws(CollectorError) {
            for options in [standard] + others {
                opened.append(try await Tenant.open(options, dataDirectory: dataDirectory, fileSystem: fileSystem, clock: clock))
            }
        } catch {
            for tenant in opened { await tenant.close() }
            throw error
        }
        return Tenants(standard: opened[0], others: Array(opened.dropFirst()))
    }

    func close() async {
        for tenant in all { await tenant.close() }
    }

    /// The tenant that a request's header names, or the first of those it may speak of where it names none; nil where it may not
    /// speak of it or there is none such.
    func served(_ named: String?, for access: TenantAccess) -> Tenant? {
        // Where there is one tenant alone, a name means nothing: shippers of Loki and Mimir send one to whomever they send to.
        guard let named, all.count > 1 else { return tenant(access.first, for: access) }
        return TenantName(named).flatMap { tenant($0, for: access) }
    }

    /// The same, or a refusal that is the same for tenants that are there and for those that aren't.
    func chosen(_ named: String?, for access: TenantAccess) throws(Refusal) -> Tenant {
        if let tenant = served(named, for: access) { return tenant }
        let name = SafeText((named ?? access.first.description).prefix(TenantName.bytesMax)).string
        throw .forbidden("this request may not speak of a tenant \"\(name)\"; the header \(TenantName.header) names one, and the token says which it may be")
    }

    /// Nil where there is none such.
    func named(_ name: TenantName) -> Tenant? { byName[name] }

    private func tenant(_ name: TenantName, for access: TenantAccess) -> Tenant? { access.allows(name) ? byName[name] : nil }
}

/// Of which tenants a route has something to say.
enum ServedTenants: Sendable {
    /// Of the default one: what the collector is and does as a whole, rules, alerts and pages.
    case standard
    /// Of each, by its own stores.
    case each
}

extension Refusal {
    static func forbidden(_ message: String) -> Refusal {
        Refusal(status: .forbidden, errorType: "forbidden", reason: .forbidden, message: message)
    }

    static let standardTenantAlone = Refusal.forbidden(
        "this path belongs to the tenant \(TenantName.standard): send it without \(TenantName.header), with a token of that tenant")
}
