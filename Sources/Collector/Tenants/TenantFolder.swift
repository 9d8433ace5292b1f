import Foundations
import Model

/// Where a tenant's data is in a data folder: the default tenant's at its top, that of the others in `tenants/NAME`.
public enum TenantFolder {
    private static let parent = "tenants"

    /// The folder that holds the tenant's `metrics`, `logs` and `snapshots`.
    public static func path(of tenant: TenantName, in dataDirectory: String) -> String {
        tenant == .standard ? dataDirectory : Paths.join(Paths.join(dataDirectory, parent), tenant.description)
    }

    /// The tenants that a data folder has folders of, sorted, the default one not among them.
    public static func names(in dataDirectory: String, _ fileSystem: any FileSystem = RealFileSystem()) throws(FileError) -> [TenantName] {
        let directory = Paths.join(dataDirectory, parent)
        guard try fileSystem.exists(directory) else { return [] }
        return try fileSystem.list(directory).compactMap { TenantName($0) }.sorted()
    }
}
