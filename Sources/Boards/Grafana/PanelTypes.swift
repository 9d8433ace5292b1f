/// What each type of panel of the files is drawn as: those of Grafana, those they replaced, and plugins that show the same.
enum PanelTypes {
    private static let timeSeries = ["timeseries", "graph"]
    private static let stats = ["stat", "singlestat", "grafana-singlestat-panel", "blackmirror1-singlestat-math-panel", "farski-blendstat-panel"]
    private static let tiles = ["grafana-polystat-panel", "vonage-status-panel", "btplc-status-dot-panel", "snuids-trafficlights-panel", "michaeldmoore-annunciator-panel"]
    private static let bars = ["bargauge", "michaeldmoore-multistat-panel", "corpglory-progresslist-panel"]
    private static let tables = ["table", "table-old", "briangann-datatable-panel", "alertlist"]
    private static let heatmaps = ["heatmap", "heatmap-new", "mtanda-heatmap-epoch-panel", "savantly-heatmap-panel", "petrslavotinek-carpetplot-panel"]

    private static let kinds: [String: PanelKind] = {
        var kinds: [String: PanelKind] = [
            "gauge": .gauge, "briangann-gauge-panel": .gauge, "text": .text, "dashlist": .text, "row": .row, "piechart": .pieChart, "grafana-piechart-panel": .pieChart,
            "barchart": .barChart, "isaozler-paretochart-panel": .barChart, "histogram": .histogram, "mtanda-histogram-panel": .histogram, "state-timeline": .stateTimeline,
            "natel-discrete-panel": .stateTimeline, "status-history": .statusHistory, "flant-statusmap-panel": .statusHistory, "logs": .logs,
        ]
        for (types, kind) in [(timeSeries, PanelKind.timeSeries), (stats, .stat), (tiles, .tiles), (bars, .barGauge), (tables, .table), (heatmaps, .heatmap)] {
            for type in types { kinds[type] = kind }
        }
        return kinds
    }()

    /// Panels of which the data are shown, in another form than the one they are named for.
    private static let others: [String: (kind: PanelKind, remark: String)] = [
        "candlestick": (.timeSeries, "its values are drawn as lines"), "xychart": (.timeSeries, "its values are drawn over time"), "trend": (.timeSeries, "its values are drawn over time"),
        "geomap": (.table, "places are listed in a table"), "grafana-worldmap-panel": (.table, "places are listed in a table"),
        "nodeGraph": (.table, "nodes and edges are listed in a table"), "jdbranham-diagram-panel": (.tiles, "its values are drawn as fields, without the diagram"),
        "yesoreyeram-boomtable-panel": (.table, "its values are drawn as a table of series"),
    ]

    static func kind(_ type: String) -> (kind: PanelKind, remark: String?) {
        if let kind = kinds[type] { return (kind, nil) }
        if let other = others[type] { return (other.kind, other.remark) }
        return (.unsupported(type: String(type.prefix(60))), nil)
    }
}
