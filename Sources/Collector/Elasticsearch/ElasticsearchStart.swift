import Foundations
import HTTPTypes
import Hummingbird

/// What shippers ask of an Elasticsearch before they send to it: who it is, its licence and health, and whether their templates, policies
/// and streams are there. There is nothing to set up here, so all of them are, and what is put is acknowledged.
struct ElasticsearchStart: Sendable {
    let edge: Edge

    /// Things that shippers look for by name and put where they are missing.
    private static let namedThings = [
        "_ilm/policy", "_template", "_index_template", "_component_template", "_ingest/pipeline", "_data_stream", "_alias", "_slm/policy",
    ]

    func register(_ routes: Routes) {
        for prefix in BulkIngest.prefixes {
            let root = prefix.isEmpty ? "/" : prefix
            ask(routes, root) { Self.identity(&$0) }
            routes.on(.head, root, scope: .ingest, of: .each, refusalBody: ElasticsearchReply.refusal) { _, _ in ElasticsearchReply.empty }
            ask(routes, "\(prefix)/_license") { Self.license(&$0) }
            ask(routes, "\(prefix)/_xpack") { Self.features(&$0) }
            ask(routes, "\(prefix)/_cluster/health") { Self.health(&$0) }
            for path in ["_nodes", "_nodes/http", "_nodes/_all/http", "_nodes/ingest"] { ask(routes, "\(prefix)/\(path)") { Self.nodes(&$0) } }
            for thing in Self.namedThings { named(routes, "\(prefix)/\(thing)/:name", isStream: thing == "_data_stream") }
        }
    }

    private func ask(_ routes: Routes, _ path: String, _ body: @escaping @Sendable (inout JSONWriter) -> Void) {
        routes.on(.get, path, scope: .ingest, of: .each, refusalBody: ElasticsearchReply.refusal) { _, _ in ElasticsearchReply.json(body) }
    }

    private func named(_ routes: Routes, _ path: String, isStream: Bool) {
        routes.on(.head, path, scope: .ingest, of: .each, refusalBody: ElasticsearchReply.refusal) { _, _ in ElasticsearchReply.empty }
        routes.on(.get, path, scope: .ingest, of: .each, refusalBody: ElasticsearchReply.refusal) { _, context in
            let name = try context.parameters.require("name")
            return ElasticsearchReply.json { isStream ? Self.stream(name, &$0) : Self.found(name, &$0) }
        }
        for method in [HTTPRequest.Method.put, .post] {
            routes.on(method, path, scope: .ingest, of: .each, refusalBody: ElasticsearchReply.refusal) { request, context in
                // A template is read, within bounds, and forgotten.
                try await edge.bodies.withBody(of: request, context: context, bytesMax: edge.limits.bodyBytesMax) { _ in }
                return ElasticsearchReply.json { $0.member("acknowledged", true) }
            }
        }
    }

    private static func identity(_ writer: inout JSONWriter) {
        writer.member("name", "nightjar")
        writer.member("cluster_name", ElasticsearchReply.clusterName)
        writer.member("cluster_uuid", "nightjar-nightjar-nigh")
        writer.key("version")
        writer.object { writer in
            writer.member("number", ElasticsearchReply.version)
            writer.member("build_flavor", "default")
            writer.member("build_type", "deb")
            writer.member("build_hash", "0000000000000000000000000000000000000000")
            writer.member("build_date", "2025-07-23T22:10:18.138Z")
            writer.member("build_snapshot", false)
            writer.member("lucene_version", "9.12.2")
            writer.member("minimum_wire_compatibility_version", "7.17.0")
            writer.member("minimum_index_compatibility_version", "7.0.0")
        }
        writer.member("tagline", "You Know, for Search")
    }

    private static func license(_ writer: inout JSONWriter) {
        writer.key("license")
        writer.object { writer in
            writer.member("status", "active")
            writer.member("uid", "00000000-0000-0000-0000-000000000000")
            writer.member("type", "basic")
            writer.member("mode", "basic")
            writer.member("issued_to", ElasticsearchReply.clusterName)
            writer.member("issuer", "nightjar")
        }
    }

    private static func features(_ writer: inout JSONWriter) {
        writer.key("build")
        writer.object { _ in }
        license(&writer)
        writer.key("features")
        writer.object { writer in
            for name in ["ilm", "data_streams"] {
                writer.key(name)
                writer.object { writer in
                    writer.member("available", true)
                    writer.member("enabled", true)
                }
            }
        }
        writer.member("tagline", "You know, for X")
    }

    private static func health(_ writer: inout JSONWriter) {
        writer.member("cluster_name", ElasticsearchReply.clusterName)
        writer.member("status", "green")
        writer.member("timed_out", false)
        for name in ["number_of_nodes", "number_of_data_nodes", "active_primary_shards", "active_shards"] { writer.member(name, 1) }
        for name in ["relocating_shards", "initializing_shards", "unassigned_shards", "delayed_unassigned_shards", "number_of_pending_tasks"] {
            writer.member(name, 0)
        }
        writer.member("active_shards_percent_as_number", 100.0)
    }

    /// No node has an address of its own: a shipper that asks keeps to the one that it was given.
    private static func nodes(_ writer: inout JSONWriter) {
        writer.key("_nodes")
        writer.object { writer in
            writer.member("total", 1)
            writer.member("successful", 1)
            writer.member("failed", 0)
        }
        writer.member("cluster_name", ElasticsearchReply.clusterName)
        writer.key("nodes")
        writer.object { _ in }
    }

    private static func stream(_ name: String, _ writer: inout JSONWriter) {
        writer.key("data_streams")
        writer.array([name]) { writer, name in
            writer.object { writer in
                writer.member("name", name)
                writer.member("status", "GREEN")
                writer.member("generation", 1)
            }
        }
    }

    private static func found(_ name: String, _ writer: inout JSONWriter) {
        writer.key(name)
        writer.object { _ in }
    }
}
