import LogQL

/// What Loki tells of a query's work. Parts of Loki that have no counterpart here, such as its chunk caches, did nothing.
extension JSONWriter {
    mutating func lokiStatistics(_ statistics: LogQueryStatistics, queuedNanoseconds: Int64) {
        let seconds = Double(statistics.nanoseconds) / 1e9
        object { writer in
            writer.key("summary")
            writer.object { writer in
                writer.member("bytesProcessedPerSecond", seconds > 0 ? Int(Double(statistics.bytesRead) / seconds) : 0)
                writer.member("linesProcessedPerSecond", seconds > 0 ? Int(Double(statistics.linesRead) / seconds) : 0)
                writer.member("totalBytesProcessed", statistics.bytesRead)
                writer.member("totalLinesProcessed", statistics.linesRead)
                writer.member("execTime", seconds)
                writer.member("queueTime", Double(queuedNanoseconds) / 1e9)
                writer.member("subqueries", 0)
                writer.member("totalEntriesReturned", statistics.linesReturned)
                writer.member("splits", 0)
                writer.member("shards", 0)
                writer.member("totalPostFilterLines", statistics.linesKept)
                writer.member("totalStructuredMetadataBytesProcessed", 0)
            }
            writer.key("querier")
            writer.object { writer in
                writer.key("store")
                writer.lokiStore(statistics)
            }
            writer.key("ingester")
            writer.object { writer in
                for name in ["totalReached", "totalChunksMatched", "totalBatches", "totalLinesSent"] { writer.member(name, 0) }
                writer.key("store")
                writer.lokiStore(nil)
            }
            writer.key("cache")
            writer.object { writer in
                for name in ["chunk", "index", "result", "statsResult", "volumeResult", "seriesResult", "labelResult", "instantMetricResult"] {
                    writer.key(name)
                    writer.object { writer in
                        for name in ["entriesFound", "entriesRequested", "entriesStored", "bytesReceived", "bytesSent", "requests", "downloadTime", "queryLengthServed"] {
                            writer.member(name, 0)
                        }
                    }
                }
            }
            writer.key("index")
            writer.object { writer in
                for name in ["totalChunks", "postFilterChunks", "shardsDuration"] { writer.member(name, 0) }
                writer.member("usedBloomFilters", false)
            }
        }
    }

    private mutating func lokiStore(_ statistics: LogQueryStatistics?) {
        object { writer in
            for name in ["totalChunksRef", "totalChunksDownloaded", "chunksDownloadTime"] { writer.member(name, 0) }
            writer.member("queryReferencedStructuredMetadata", false)
            writer.key("chunk")
            writer.object { writer in
                for name in ["headChunkBytes", "headChunkLines"] { writer.member(name, 0) }
                writer.member("decompressedBytes", statistics?.bytesRead ?? 0)
                writer.member("decompressedLines", statistics?.linesRead ?? 0)
                for name in ["compressedBytes", "totalDuplicates"] { writer.member(name, 0) }
                writer.member("postFilterLines", statistics?.linesKept ?? 0)
                for name in ["headChunkStructuredMetadataBytes", "decompressedStructuredMetadataBytes"] { writer.member(name, 0) }
            }
            for name in ["chunkRefsFetchTime", "congestionControlLatency", "pipelineWrapperFilteredLines"] { writer.member(name, 0) }
        }
    }
}
