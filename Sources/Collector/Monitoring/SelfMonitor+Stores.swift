import LogStore
import MetricStore
import Model

extension SelfMonitor {
    /// Both stores' figures; the label `store` says which.
    func storeFamilies() -> [MetricFamily] {
        let metrics = edge.metrics.statistics()
        let logs = edge.logs.statistics()
        var quarantined = MetricFamily("nightjar_store_quarantined_files", .gauge, "Damaged files put aside.")
        quarantined.add(["store": "metrics"], Double(metrics.quarantinedFiles.count))
        quarantined.add(["store": "logs"], Double(logs.quarantined.count))
        var acknowledging = MetricFamily("nightjar_store_acknowledging", .gauge, "1 while writes are made durable, 0 after the disk failed.")
        acknowledging.add(["store": "metrics"], metrics.isAcknowledging ? 1 : 0)
        acknowledging.add(["store": "logs"], logs.isAcknowledging ? 1 : 0)
        var bytes = MetricFamily("nightjar_store_bytes", .gauge, "Bytes on disk.")
        bytes.add(["store": "metrics"], Double(metrics.blockBytes + metrics.logBytes + metrics.checkpointBytes))
        bytes.add(["store": "logs"], Double(logs.sizeBytes))
        return [quarantined, acknowledging, bytes] + metricStoreFamilies(metrics) + logStoreFamilies(logs)
    }

    private func metricStoreFamilies(_ statistics: MetricStoreStatistics) -> [MetricFamily] {
        [
            MetricFamily("nightjar_metric_store_head_series", .gauge, "Series in memory.", Double(statistics.headSeries)),
            MetricFamily("nightjar_metric_store_head_samples", .gauge, "Samples in memory.", Double(statistics.headSamples)),
            MetricFamily("nightjar_metric_store_head_bytes", .gauge, "Memory of the head, estimated.", Double(statistics.headBytes)),
            MetricFamily("nightjar_metric_store_blocks", .gauge, "Sealed blocks.", Double(statistics.blockCount)),
            MetricFamily("nightjar_metric_store_block_samples", .gauge, "Samples in sealed blocks.", Double(statistics.blockSamples)),
            MetricFamily("nightjar_metric_store_log_bytes", .gauge, "Bytes of the write-ahead log.", Double(statistics.logBytes)),
            MetricFamily(
                "nightjar_metric_store_samples_appended_total", .counter, "Float samples made durable.", Double(statistics.samplesAppendedTotal)),
            MetricFamily("nightjar_metric_store_commit_groups_total", .counter, "Group commits.", Double(statistics.commitGroupsTotal)),
            MetricFamily("nightjar_metric_store_damaged_total", .counter, "Damaged places met.", Double(statistics.damagedTotal)),
            MetricFamily(
                "nightjar_metric_store_maintenance_failing", .gauge, "1 while sealing, checkpoints or retention fail.",
                statistics.maintenanceFailure == nil ? 0 : 1),
        ]
    }

    private func logStoreFamilies(_ statistics: LogStoreStatistics) -> [MetricFamily] {
        [
            MetricFamily("nightjar_log_store_partitions", .gauge, "Days with a file.", Double(statistics.partitions.count)),
            MetricFamily("nightjar_log_store_records_appended_total", .counter, "Log records made durable.", Double(statistics.recordsAppendedTotal)),
            MetricFamily("nightjar_log_store_line_bytes_total", .counter, "Bytes of the lines stored.", Double(statistics.bytesAppendedTotal)),
            MetricFamily("nightjar_log_store_commits_total", .counter, "Transactions.", Double(statistics.commitsTotal)),
            MetricFamily("nightjar_log_store_queries_total", .counter, "Scans.", Double(statistics.queriesTotal)),
            MetricFamily(
                "nightjar_log_store_tail_records_skipped_total", .counter, "Records left out of live tails that were too slow.",
                Double(statistics.tailRecordsSkippedTotal)),
        ]
    }
}
