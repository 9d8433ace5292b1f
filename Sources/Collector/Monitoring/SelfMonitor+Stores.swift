import LogStore
import MetricStore
import Model

/// What one tenant's stores say of themselves.
private struct StoreFigures {
    let labels: Labels
    let metrics: MetricStoreStatistics
    let logs: LogStoreStatistics
}

extension [StoreFigures] {
    /// A figure of each tenant's.
    fileprivate func family(_ name: String, _ kind: Metadata.Kind, _ help: String, _ value: (StoreFigures) -> Double) -> MetricFamily {
        var family = MetricFamily(name, kind, help)
        for figures in self { family.add(figures.labels, value(figures)) }
        return family
    }

    /// A figure of both stores of each tenant; the label `store` says which.
    fileprivate func family(
        _ name: String, _ help: String, metrics: (MetricStoreStatistics) -> Double, logs: (LogStoreStatistics) -> Double
    ) -> MetricFamily {
        var family = MetricFamily(name, .gauge, help)
        for figures in self {
            family.add(figures.labels.setting("store", to: "metrics"), metrics(figures.metrics))
            family.add(figures.labels.setting("store", to: "logs"), logs(figures.logs))
        }
        return family
    }
}

extension SelfMonitor {
    /// The figures of all stores; those of tenants other than the default one have the label `tenant`.
    func storeFamilies() -> [MetricFamily] {
        let stores = edge.tenants.all.map { StoreFigures(labels: $0.name.labels, metrics: $0.metrics.statistics(), logs: $0.logs.statistics()) }
        return [
            stores.family(
                "nightjar_store_quarantined_files", "Damaged files put aside.", metrics: { Double($0.quarantinedFiles.count) },
                logs: { Double($0.quarantined.count) }),
            stores.family(
                "nightjar_store_acknowledging", "1 while writes are made durable, 0 after the disk failed.", metrics: { $0.isAcknowledging ? 1 : 0 },
                logs: { $0.isAcknowledging ? 1 : 0 }),
            stores.family(
                "nightjar_store_bytes", "Bytes on disk.", metrics: { Double($0.blockBytes + $0.logBytes + $0.checkpointBytes) },
                logs: { Double($0.sizeBytes) }),
        ] + metricStoreFamilies(stores) + logStoreFamilies(stores)
    }

    private func metricStoreFamilies(_ stores: [StoreFigures]) -> [MetricFamily] {
        [
            stores.family("nightjar_metric_store_head_series", .gauge, "Series in memory.") { Double($0.metrics.headSeries) },
            stores.family("nightjar_metric_store_head_samples", .gauge, "Samples in memory.") { Double($0.metrics.headSamples) },
            stores.family("nightjar_metric_store_head_bytes", .gauge, "Memory of the head, estimated.") { Double($0.metrics.headBytes) },
            stores.family("nightjar_metric_store_blocks", .gauge, "Sealed blocks.") { Double($0.metrics.blockCount) },
            stores.family("nightjar_metric_store_block_samples", .gauge, "Samples in sealed blocks.") { Double($0.metrics.blockSamples) },
            stores.family("nightjar_metric_store_log_bytes", .gauge, "Bytes of the write-ahead log.") { Double($0.metrics.logBytes) },
            stores.family("nightjar_metric_store_samples_appended_total", .counter, "Float samples made durable.") {
                Double($0.metrics.samplesAppendedTotal)
            },
            stores.family("nightjar_metric_store_commit_groups_total", .counter, "Group commits.") { Double($0.metrics.commitGroupsTotal) },
            stores.family("nightjar_metric_store_damaged_total", .counter, "Damaged places met.") { Double($0.metrics.damagedTotal) },
            stores.family("nightjar_metric_store_maintenance_failing", .gauge, "1 while sealing, checkpoints or retention fail.") {
                $0.metrics.maintenanceFailure == nil ? 0 : 1
            },
        ]
    }

    private func logStoreFamilies(_ stores: [StoreFigures]) -> [MetricFamily] {
        [
            stores.family("nightjar_log_store_partitions", .gauge, "Days with a file.") { Double($0.logs.partitions.count) },
            stores.family("nightjar_log_store_records_appended_total", .counter, "Log records made durable.") { Double($0.logs.recordsAppendedTotal) },
            stores.family("nightjar_log_store_line_bytes_total", .counter, "Bytes of the lines stored.") { Double($0.logs.bytesAppendedTotal) },
            stores.family("nightjar_log_store_commits_total", .counter, "Transactions.") { Double($0.logs.commitsTotal) },
            stores.family("nightjar_log_store_queries_total", .counter, "Scans.") { Double($0.logs.queriesTotal) },
            stores.family(
                "nightjar_log_store_tail_records_skipped_total", .counter, "Records left out of live tails that were too slow."
            ) { Double($0.logs.tailRecordsSkippedTotal) },
        ]
    }
}
